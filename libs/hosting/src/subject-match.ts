/** Tells whether a subject matches a NATS pattern: `*` is one token, a final `>` one or more. Compiled once, called per message. */
export function subjectMatcher(pattern: string): (subject: string) => boolean {
  const wanted = pattern.split('.');
  const open = wanted[wanted.length - 1] === '>';
  if (!open && !wanted.includes('*')) return (subject) => subject === pattern;
  const fixed = open ? wanted.slice(0, -1) : wanted;
  return (subject) => {
    const tokens = subject.split('.');
    if (open ? tokens.length <= fixed.length : tokens.length !== fixed.length) return false;
    return fixed.every((token, i) => token === '*' || token === tokens[i]);
  };
}
