#!/bin/sh
# Brings a checkout to the state `npm start` and `npm test` need: dependencies, build, a nats-server.
# It says nothing when there is nothing to do, and every failure is one line that says what helps.
set -u

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd) || exit 1
cd "$root" || exit 1
cache=${FAULTLINE_CACHE:-$root/.cache}
log=$root/.cache/setup.log

say() { printf 'setup: %s\n' "$*" >&2; }
fail() {
  say "$*"
  exit 1
}
# The noise of a tool matters only when it fails; its first lines then say why, its last ones how it ended.
quietly() {
  "$@" >"$log" 2>&1 && return 0
  if [ "$(wc -l <"$log")" -le 40 ]; then cat "$log"; else
    head -n 20 "$log"
    echo ...
    tail -n 10 "$log"
  fi >&2
  return 1
}

mkdir -p "$root/.cache" "$cache" 2>/dev/null || fail "cannot write to $cache: set FAULTLINE_CACHE to a directory of yours"

. "$root/scripts/setup/dependencies.sh"
. "$root/scripts/setup/build.sh"
. "$root/scripts/setup/nats-server.sh"

check_node
ensure_dependencies
ensure_build
ensure_nats_server
