# Sourced by setup.sh: a NATS server to talk to, or a nats-server 2.9 or newer to start.

nats_dir=$cache/nats-server
nats_release=2.10.29
tried=

ensure_nats_server() {
  if [ -n "${NATS_URL:-}" ]; then
    check_nats_url
    return 0
  fi
  on_path=$(command -v nats-server 2>/dev/null) && usable "$on_path" && return 0
  [ -x "$nats_dir/nats-server" ] && usable "$nats_dir/nats-server" && return 0
  say "getting nats-server"
  case $(uname -s) in
    Linux) from_debian || from_release || nats_failed ;;
    Darwin) from_brew || from_release || nats_failed ;;
    *) from_release || nats_failed ;;
  esac
}

nats_failed() {
  fail "no nats-server 2.9 or newer ($tried): install nats-server, or set NATS_URL to a running server with JetStream, then run this again"
}

try_failed() {
  tried="${tried:+$tried; }$*"
  return 1
}

check_nats_url() {
  server='((nats|tls|wss?)://)?([^@/ ]+@)?(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?/?'
  printf '%s\n' "$NATS_URL" | grep -Eq "^$server(,$server)*\$" ||
    fail "NATS_URL is not of the form nats://host:port[,nats://host:port]: correct it, or unset it to start a server here"
}

usable() {
  said=$("$1" --version 2>&1) || { try_failed "$1 does not run"; return 1; }
  version=$(printf '%s\n' "$said" | sed -n 's/^nats-server: v*\([0-9][0-9]*\.[0-9][0-9]*\).*/\1/p')
  case $version in
    0.* | 1.* | 2.[0-8] | '') try_failed "$1 is ${version:-of an unknown version}" ;;
  esac
}

install_binary() {
  [ -f "$1" ] && chmod 755 "$1" && mkdir -p "$nats_dir" && mv "$1" "$nats_dir/nats-server" && usable "$nats_dir/nats-server"
}

# The package is unpacked, not installed, which needs no root and leaves the system as it is.
from_debian() {
  command -v apt-get >/dev/null 2>&1 && command -v dpkg-deb >/dev/null 2>&1 || return 1
  work=$cache/nats-server.tmp.$$
  mkdir -p "$work" || return 1
  apt_download || apt_download_private
  got=$?
  [ "$got" -eq 0 ] && dpkg-deb -x "$work"/nats-server_*.deb "$work/root" 2>>"$log" &&
    install_binary "$(find "$work/root" -type f -name nats-server -perm -100 | head -n 1)"
  got=$?
  rm -rf "$work"
  [ "$got" -eq 0 ] || try_failed "apt-get download nats-server did not give one, log: $log"
}

apt_download() { (cd "$work" && apt-get -qq "$@" download nats-server >"$log" 2>&1); }

# Fresh containers have no package lists, and only root may fetch them to the usual place.
apt_download_private() {
  mkdir -p "$work/lists/partial" "$work/archives/partial"
  set -- -o "Dir::State::lists=$work/lists" -o "Dir::Cache=$work/archives" -o APT::Sandbox::User=
  apt-get -qq "$@" update >"$log" 2>&1
  apt_download "$@"
}

from_brew() {
  command -v brew >/dev/null 2>&1 || { try_failed "no brew"; return 1; }
  quietly brew install nats-server && usable "$(brew --prefix)/bin/nats-server" ||
    try_failed "brew install nats-server failed"
}

# From the official container images of nats-server 2.10.29, which check the same archives.
release_sha256() {
  case $1 in
    linux-amd64) echo e314da74a83a1d3876db8814c27eb990fe729640fd6452025b441bcede8390da ;;
    linux-arm64) echo da4b27942ecfb4c5f0c54553d2e7f470ddda9d7581cfe8131b351a0e223ed401 ;;
    linux-arm7) echo a59e7336a32ef78b0ca8bc3e6707a5770461d3f45c4c2f96cfef263f26eaefd5 ;;
    linux-386) echo abc385394c19784558f7aa2f9770fe2daceb22cf95e3fa398c832590479396b0 ;;
    linux-s390x) echo ee821b1eae8bb98a0d4603510a41613dd15afef244261a79da33515699d1aece ;;
    linux-ppc64le) echo 31b0063d261e5d8c59396f8a3f9298ad80b36fd4bc370ce59e5d160f55a0fe46 ;;
  esac
}

release_platform() {
  case $(uname -m) in
    x86_64 | amd64) arch=amd64 ;;
    aarch64 | arm64) arch=arm64 ;;
    armv7*) arch=arm7 ;;
    i?86) arch=386 ;;
    *) arch=$(uname -m) ;;
  esac
  printf '%s-%s\n' "$(uname -s | tr '[:upper:]' '[:lower:]')" "$arch"
}

from_release() {
  platform=$(release_platform)
  sum=${NATS_SERVER_SHA256:-$(release_sha256 "$platform")}
  [ -n "$sum" ] || {
    try_failed "no checksum is known here for the release $nats_release on $platform, give it as NATS_SERVER_SHA256"
    return 1
  }
  name=nats-server-v$nats_release-$platform
  work=$cache/nats-server.tmp.$$
  mkdir -p "$work" || return 1
  node scripts/setup/download.js "https://github.com/nats-io/nats-server/releases/download/v$nats_release/$name.tar.gz" \
    "$work/archive.tar.gz" "$sum" >"$log" 2>&1 &&
    (cd "$work" && tar -xzf archive.tar.gz) >>"$log" 2>&1 && install_binary "$work/$name/nats-server"
  got=$?
  rm -rf "$work"
  [ "$got" -eq 0 ] || try_failed "the release archive $name failed: $(tail -n 1 "$log")"
}
