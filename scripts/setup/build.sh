# Sourced by setup.sh: dist/ as new as the sources.

build_stamp=dist/.faultline-stamp

# A directory counts too: its time is the only trace of a source that was removed.
newer_sources() {
  find apps libs bench test/chaos test/kit package-lock.json nest-cli.json tsconfig.json tsconfig.build.json \
    -newer "$build_stamp" \( -type d -o -name '*.ts' ! -name '*.spec.ts' ! -name '*.testkit.ts' -o -name '*.json' -o -path '*/console/browser/*' \) \
    2>/dev/null | head -n 1
}

ensure_build() {
  if [ -f "$build_stamp" ] && [ -f dist/apps/lab/src/main.js ]; then
    [ -z "$(newer_sources)" ] && return 0
  else
    # The compiler's memory of what it wrote would keep it from writing the missing files again.
    rm -rf dist
  fi
  say "building"
  # Stamped with the time before the build, so that an edit during it is seen next time.
  mkdir -p dist && : >"$build_stamp.new"
  quietly node_modules/.bin/nest build || fail "the build failed: the compiler's messages are above; log: $log"
  mv "$build_stamp.new" "$build_stamp"
}
