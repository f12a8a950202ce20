# Sourced by setup.sh: node_modules as the lockfile says, with sqlite3's binary from the cache where possible.

sqlite_binary=node_modules/sqlite3/build/Release/node_sqlite3.node
dependencies_stamp=node_modules/.faultline-stamp

check_node() {
  found=$(node --version 2>/dev/null) || fail "Node.js is not on PATH: install Node 20.19 or newer"
  version=${found#v}
  major=${version%%.*}
  rest=${version#*.}
  minor=${rest%%.*}
  [ "$major" -gt 20 ] || { [ "$major" -eq 20 ] && [ "$minor" -ge 19 ]; } ||
    fail "Node $found is too old: install Node 20.19 or newer"
}

# The content decides, not the time: git gives files the time of the checkout.
dependencies_key() { printf '%s %s\n' "$(cksum <package-lock.json)" "$(uname -sm)"; }

ensure_dependencies() {
  [ -f package-lock.json ] || fail "package-lock.json is missing in $root: restore it with git checkout package-lock.json"
  key=$(dependencies_key)
  [ -f "$dependencies_stamp" ] && [ "$(cat "$dependencies_stamp")" = "$key" ] && return 0
  keep_sqlite
  say "installing the dependencies (npm ci)"
  # Install scripts stay off because sqlite3's would compile again what the cache already holds.
  quietly npm ci --ignore-scripts --include=dev --no-audit --no-fund ||
    fail "npm ci failed: check the network and the npm registry (npm ping), then run this again; log: $log"
  ensure_sqlite
  link_launcher
  printf '%s\n' "$key" >"$dependencies_stamp"
}

sqlite_loads() { node -e "require('sqlite3')" >/dev/null 2>&1; }
sqlite_cached() { printf '%s/sqlite3/%s' "$cache" "$(node scripts/setup/platform.js key)"; }

keep_sqlite() {
  [ -f "$sqlite_binary" ] && sqlite_loads || return 0
  target=$(sqlite_cached)
  [ -f "$target/node_sqlite3.node" ] && return 0
  # The rename makes the entry appear whole, since several checkouts may share the cache.
  mkdir -p "$target" && cp "$sqlite_binary" "$target/tmp.$$" && mv "$target/tmp.$$" "$target/node_sqlite3.node"
}

ensure_sqlite() {
  stored=$(sqlite_cached)/node_sqlite3.node
  if [ -f "$stored" ]; then
    mkdir -p "${sqlite_binary%/*}" && cp "$stored" "$sqlite_binary" && sqlite_loads && return 0
    rm -f "$stored" "$sqlite_binary"
  fi
  say "getting sqlite3's native part: where no prebuilt one can be fetched it is compiled, which takes 1 to 4 minutes, once"
  # Headers that came with this Node save node-gyp a download, and work without a network.
  headers=$(node scripts/setup/platform.js headers)
  [ -z "$headers" ] || export npm_config_nodedir="${npm_config_nodedir:-$headers}"
  quietly npm rebuild sqlite3 && sqlite_loads ||
    quietly env npm_config_build_from_source=true npm rebuild sqlite3 && sqlite_loads ||
    fail "sqlite3 could be neither fetched nor compiled: install a C++ compiler, make and python3 (Debian: apt-get install g++ make python3), then run this again; log: $log"
  keep_sqlite
}

# npm makes no bin link for the root package itself; with this one `npx faultline` runs the checkout.
link_launcher() {
  mkdir -p node_modules/.bin && ln -sf ../../bin/faultline node_modules/.bin/faultline
}
