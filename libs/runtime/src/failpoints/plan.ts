/**
 * The places where a service can be made to fail, each with what can be done there. A place is passed once for every call of the port
 * it stands at.
 */
const ACTIONS_AT = {
  'log.before-append': ['kill', 'stop', 'delay', 'error', 'duplicate'],
  'log.after-append': ['kill', 'stop', 'delay', 'error'],
  'lane.before-request': ['kill', 'stop', 'delay', 'error', 'duplicate'],
  'lane.before-handle': ['kill', 'stop', 'delay', 'duplicate'],
  'lane.before-reply': ['kill', 'stop', 'delay'],
  'work.before-handle': ['kill', 'stop', 'delay', 'duplicate'],
  'work.before-ack': ['kill', 'stop', 'delay', 'error'],
  'kv.before-put': ['kill', 'stop', 'delay', 'error'],
  'kv.after-put': ['kill', 'stop', 'delay', 'error'],
  'kv.before-delete': ['kill', 'stop', 'delay', 'error'],
  'kv.after-delete': ['kill', 'stop', 'delay', 'error'],
  'record.before-commit': ['kill', 'stop', 'delay'],
  'record.after-commit': ['kill', 'stop', 'delay'],
} as const satisfies Record<string, readonly FailpointVerb[]>;

export type FailpointName = keyof typeof ACTIONS_AT;

/**
 * `kill` and `stop`: the process sends itself SIGKILL or SIGSTOP. `delay`: so many milliseconds pass. `error`: the port's own error for
 * an answer that did not come; at `after-...` what was asked has been done all the same. `duplicate`: it is done twice.
 */
export type FailpointVerb = 'kill' | 'stop' | 'delay' | 'error' | 'duplicate';

export interface FailpointRule {
  point: FailpointName;
  /** A run of whole tokens that the subject of the passage must have, e.g. `iommu.0.hw`; absent: whatever it is about. */
  about?: string;
  /** Which passage it is, from 1. */
  nth: number;
  /** This passage and every later one. */
  onwards: boolean;
  verb: FailpointVerb;
  /** For `delay`. */
  millis: number;
  /** As it was written. */
  text: string;
}

/** A rule that cannot be. The message says what was expected in its place. */
export class FailpointInvalid extends Error {
  constructor(
    readonly rule: string,
    readonly expected: string,
  ) {
    super(`failpoint '${rule}' is not usable, expected ${expected}`);
    this.name = 'FailpointInvalid';
  }
}

const RULE =
  /^(?<point>[a-z.-]+)(?:@(?<about>[\w.-]+))?(?:#(?<nth>[1-9]\d*)(?<onwards>\+)?)?=(?<verb>[a-z]+)(?::(?<millis>\d+))?$/;

/**
 * Reads `point[@about][#n[+]]=verb[:millis]`, several separated by semicolons: `log.before-append@iommu.0.hw#3=kill` kills the process
 * before its third append to a subject with `iommu.0.hw` in it. Throws {@link FailpointInvalid}.
 */
export function parseFailpoints(text: string): FailpointRule[] {
  return text
    .split(';')
    .map((rule) => rule.trim())
    .filter((rule) => rule !== '')
    .map(parseRule);
}

function parseRule(text: string): FailpointRule {
  const groups = RULE.exec(text)?.groups;
  if (!groups) throw new FailpointInvalid(text, 'POINT[@ABOUT][#N[+]]=VERB[:MILLIS]');
  const { point = '', verb = '', nth, millis } = groups;
  if (!isPoint(point))
    throw new FailpointInvalid(text, `one of the points ${Object.keys(ACTIONS_AT).join(', ')}`);
  const known: readonly FailpointVerb[] = ACTIONS_AT[point];
  const chosen = known.find((each) => each === verb);
  if (!chosen) throw new FailpointInvalid(text, `one of ${known.join(', ')} at ${point}`);
  if ((chosen === 'delay') !== (millis !== undefined))
    throw new FailpointInvalid(text, "milliseconds with 'delay', and with nothing else");
  return {
    point,
    about: groups['about'],
    nth: Number(nth ?? 1),
    onwards: groups['onwards'] !== undefined,
    verb: chosen,
    millis: Number(millis ?? 0),
    text,
  };
}

function isPoint(name: string): name is FailpointName {
  return Object.hasOwn(ACTIONS_AT, name);
}
