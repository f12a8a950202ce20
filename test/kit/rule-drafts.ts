import {
  type CycleClosed,
  decodeLogBody,
  type LogEvent,
  type ResolvedStep,
  type StepAction,
} from '@faultline/contracts';
import type {
  AnyIommuEvent,
  AnyMmEvent,
  IommuCommand,
  IommuState,
  MmCommand,
  MmState,
} from '@faultline/domain';
import type { UnitHost } from '@faultline/hosting';
import { IommuUnit, ShardUnit } from '@faultline/units';
import { replacing, type Sabotage } from './sabotage';
import type { Draft } from './scenario';
import type { FinishedRun, Takeover } from './virtual-run';

export const PAGES = 256;
export const vmas = [{ pages: PAGES }];
/** Faults take a while, so that something is always under way. */
export const slow: NonNullable<Draft['cost']> = {
  deviceMicros: 5,
  interruptMicros: 10,
  enqueueMicros: 10,
  handlerMicros: { median: 40, p99: 80 },
  storageMicros: { median: 100, p99: 100 },
  responseMicros: 5,
  prefetchMicros: 1,
  source: 'made up',
};
export const writes = { read: 0, write: 100, execute: 0 };

/** A device that always wants another page, in a memory that has hardly any. */
export const scarce: Draft = {
  framesPerShard: 6,
  processes: [{ vmas: [{ pages: 12 }] }],
  devices: [{ atcEntries: 64, workloads: [{ accesses: 120, outstanding: 8, pages: 12 }] }],
};
/** As many pages as accesses, so that nearly all of them fault, and each of them once. */
export const ample: Draft = {
  cost: slow,
  processes: [{ vmas }],
  devices: [
    { workloads: [{ accesses: 120, outstanding: 8, pages: PAGES, pattern: 'sequential', mix: writes }] },
  ],
};

export const after = (accesses: number, action: StepAction): ResolvedStep => ({
  after: { accesses },
  do: action,
});

/** The same happens again and again. */
export function often(
  whom: Takeover['whom'],
  how: Takeover['how'],
  steps: number,
  times: number,
): Takeover[] {
  return Array.from({ length: times }, () => ({ afterSteps: steps, whom, how, thawSteps: 2 * steps }));
}

type Decide<State, Command, Event> = (
  decide: (command: Command) => readonly Event[],
  state: State,
  command: Command,
  nowMicros: number,
) => readonly Event[];

/** IOMMUs decide otherwise. */
export function iommusDecide(by: () => Decide<IommuState, IommuCommand, AnyIommuEvent>): Sabotage {
  return replacing<IommuUnit, [], Promise<void>>(IommuUnit, 'openHost', (original) => async (self) => {
    await original(self, []);
    decideBy(self['host'], by());
  });
}

/** Shards decide otherwise. */
export function shardsDecide(by: () => Decide<MmState, MmCommand, AnyMmEvent>): Sabotage {
  return replacing<ShardUnit, [], Promise<void>>(ShardUnit, 'start', (original) => async (self) => {
    await original(self, []);
    decideBy(self['host'], by());
  });
}

function decideBy<State, Command, Event>(
  host: UnitHost<State, Command, Event>,
  by: Decide<State, Command, Event>,
): void {
  const { decider } = host['plan'];
  const decide = decider.decide.bind(decider);
  decider.decide = (state, command, nowMicros) =>
    by((other) => decide(state, other, nowMicros), state, command, nowMicros);
}

type Kind = Exclude<LogEvent, CycleClosed>['kind'];

/** All events of a kind in the log of a run. */
export function eventsOf<K extends Kind>(
  { log }: Pick<FinishedRun, 'log'>,
  kind: K,
): Extract<LogEvent, { kind: K }>[] {
  return log
    .flatMap(({ headers, body }) => decodeLogBody(headers.schema, body))
    .filter((event): event is Extract<LogEvent, { kind: K }> => event.kind === kind);
}
