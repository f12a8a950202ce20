# Reduces a lackey trace: drops a line when the line before it with the same letter (I, L, S or M) touched the same page.
# A line whose access crosses the end of its page is always kept. Valgrind's own lines are dropped.
function hex(digits,    at, value) {
  value = 0
  for (at = 1; at <= length(digits); at++) value = value * 16 + index("0123456789abcdef", substr(digits, at, 1)) - 1
  return value
}
/^==/ { next }
{
  kind = substr($0, 1, 2)
  comma = index($0, ",")
  page = substr($0, 4, comma - 7)
  crosses = hex(substr($0, comma - 3, 3)) + substr($0, comma + 1) > 4096
  if (crosses || last[kind] != page) print
  last[kind] = crosses ? "" : page
}
