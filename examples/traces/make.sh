#!/bin/sh
# Makes the traces of this folder again. Needs valgrind, awk and gzip. Usage: sh make.sh [directory for the traces]
set -eu

here=$(cd "$(dirname "$0")" && pwd)
out=$(cd "${1:-$here}" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# record <name> <input lines> <program> [argument ...]: the program reads the file "input" in the scratch directory.
record() {
  name=$1
  lines=$2
  shift 2
  head -n "$lines" "$here/../../package-lock.json" >"$scratch/input"
  # A bare environment, because its size moves the stack.
  (cd "$scratch" && env -i PATH="$PATH" LC_ALL=C valgrind --tool=lackey --trace-mem=yes --log-file=full "$@" >/dev/null)
  awk -f "$here/reduce.awk" "$scratch/full" >"$scratch/$name.trace"
  gzip -9 -n -c "$scratch/$name.trace" >"$out/$name.trace.gz"
  # A crossing access is counted on its first page.
  awk -v name="$name" -v full="$(grep -vc '^==' "$scratch/full")" '
    { page = substr($0, 4, index($0, ",") - 7); if (!(page in seen)) { seen[page] = 1; pages++ } }
    END { printf "%s: %d lines of %d, %d distinct pages\n", name, NR, full, pages }' "$scratch/$name.trace"
}

record sort "${SORT_LINES:-1000}" sort input
record word-count "${WORDS_LINES:-100}" awk '{ for (i = 1; i <= NF; i++) count[$i]++ } END { for (word in count) print count[word], word }' input
