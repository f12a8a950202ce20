#!/bin/sh
# Takes out of production modules what no process reads: types, source maps, sources, documentation, builds for browsers and
# bundlers, and what was there only to compile sqlite3. Licences stay. Usage: slim-modules.sh NODE_MODULES
set -eu
cd "$1"

find . -type f \( -name '*.ts' -o -name '*.[cm]ts' -o -name '*.map' -o -iname '*.md' -o -iname '*.markdown' \) \
  ! -iname '*licen[cs]e*' ! -iname '*notice*' -delete

rm -rf typeorm/browser rxjs/src rxjs/dist/bundles rxjs/dist/esm rxjs/dist/esm5 rxjs/dist/types zod/src
rm -rf @opentelemetry/*/build/esm @opentelemetry/*/build/esnext

binary=sqlite3/build/Release/node_sqlite3.node
strip --strip-unneeded "$binary"
mv "$binary" sqlite3/kept.node
rm -rf sqlite3/build sqlite3/deps sqlite3/src node-gyp node-addon-api
mkdir -p "${binary%/*}"
mv sqlite3/kept.node "$binary"
