import type { KeptLetter } from '@faultline/messaging';

/** What replaying a letter means, by where it came from. */
export type ReplayRoute =
  /** A request: it is sent to its lane once more. */
  | { kind: 'lane' }
  /** Work: the log holds it still, and a worker handles it once more. */
  | { kind: 'work'; sequence: number }
  | { kind: 'none'; why: string };

/**
 * What can honestly be done with a dead letter. Nothing is ever appended to the log in a unit's name: such a message would be taken
 * for the unit's own, and its owner for deposed.
 */
export function replayRoute(lab: string, letter: KeptLetter): ReplayRoute {
  const { subject, sequence, length, body } = letter;
  if (subject.startsWith(`${lab}.cmd.`))
    return length > body.length
      ? { kind: 'none', why: `only ${body.length} of its ${length} bytes were kept` }
      : { kind: 'lane' };
  if (!subject.startsWith(`${lab}.log.`))
    return { kind: 'none', why: `it comes from '${subject}', which is nobody's` };
  if (!/^[^.]+\.log\.iommu\.\d+\.queue\.[^.]+$/.test(subject))
    return {
      kind: 'none',
      why: 'the log holds it still and its readers have gone on behind it; they read it again when they start anew',
    };
  return sequence === undefined
    ? { kind: 'none', why: 'the letter does not say which message of the log it was' }
    : { kind: 'work', sequence };
}
