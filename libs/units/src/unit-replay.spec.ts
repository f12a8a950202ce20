import { mmSchema, type ResolvedScenario } from '@faultline/contracts';
import {
  createMmShard,
  type MmCommand,
  type MmDurableState,
  type MmEvent,
  Permission,
} from '@faultline/domain';
import { canonical } from './canonical';
import type { StateCodec } from './common';
import type { FoldedMessage, FoldedState } from './unit-fold';
import { UnitReplay } from './unit-replay';

const shard = { shard: 0, frames: 16, swapPages: 16, reclaim: 'lru', faultAround: 1, premap: 1 } as const;
const scenario = { iommus: [], devices: [], shards: [shard] } as unknown as ResolvedScenario;
/** Copies, as writing and reading again would. */
const copied: StateCodec = {
  encode: (state) => structuredClone(state) as Uint8Array,
  decode: (bytes) => bytes,
};

/** What a shard writes for these commands, a message for each. */
function logOf(commands: readonly MmCommand[]): (FoldedMessage & { sequence: number })[] {
  const decider = createMmShard(shard);
  let state = decider.initial();
  return commands.map((command, place) => {
    const events = decider.decide(state, command, 0) as MmEvent[];
    for (const event of events) state = decider.evolve(state, event);
    const headers = { schema: 'mm', version: mmSchema.version, unit: 'mm.0', epoch: 1, cycle: 0 };
    return { sequence: 10 * (place + 1), headers, body: mmSchema.encode(events) };
  });
}

const addressSpaces = Array.from({ length: 20 }, (_, place) => place + 1);
const log = logOf([
  { kind: 'BeginEpoch', epoch: 1 },
  ...addressSpaces.flatMap((mm): MmCommand[] => [
    { kind: 'CreateAddressSpace', mm },
    {
      ...{ kind: 'MapVma', mm, start: 16, end: 20, permissions: Permission.READ },
      ...{ backing: 'anonymous', file: 0, filePage: 0 },
    },
    { kind: 'BindPasid', pasid: mm, mm },
  ]),
]);

function replayed(states: StateCodec, messages = log) {
  const replay = new UnitReplay('mm.0', scenario, states);
  for (const message of messages) replay.take(message);
  return replay.result();
}

describe('the replay of a unit', () => {
  it('comes to the same state from the first message and from snapshots on the way', () => {
    const { state, ...result } = replayed(copied);
    expect(result).toEqual({
      ...{ messages: 61, snapshots: expect.any(Number) as number },
      ...{ broken: undefined, divergence: undefined },
    });
    expect(result.snapshots).toBeGreaterThan(10);
    expect(result.snapshots).toBeLessThan(40);
    const { pasids } = JSON.parse(state ?? '{}') as { pasids: { map: unknown[] } };
    expect(pasids.map).toHaveLength(20);
  });

  it('gives equal texts for equal states only', () => {
    expect(replayed(copied).state).toBe(replayed(copied).state);
    expect(replayed(copied, log.slice(0, -1)).state).not.toBe(replayed(copied).state);
  });

  it('shows where and since when a snapshot lacks something', () => {
    const forgetful: StateCodec = {
      ...copied,
      decode: (bytes) => {
        const { state } = bytes as unknown as Extract<FoldedState, { kind: 'mm' }>;
        state.pasids.delete(2);
        return { kind: 'mm', state };
      },
    };
    const { divergence } = replayed(forgetful);
    expect(divergence?.sentence).toBe(
      '/pasids/map/1 is [2,{"bound":true,"generation":1,"mm":2}] from the first message on, nothing from a snapshot',
    );
    // The second PASID is bound by the seventh message.
    expect(divergence?.sequence).toBeGreaterThan(70);
    expect(divergence?.sequence).toBeLessThan(200);
  });

  it('says so when a snapshot lacks what a later message is about, and does not blame the log', () => {
    const forgetful: StateCodec = {
      ...copied,
      decode: (bytes) => {
        const { state } = bytes as unknown as Extract<FoldedState, { kind: 'mm' }>;
        state.spaces.clear();
        return { kind: 'mm', state };
      },
    };
    const { messages, state, broken, divergence } = replayed(forgetful);
    expect([messages, broken, state === null]).toEqual([61, undefined, false]);
    // The first address space gets its area in the third message.
    expect(divergence).toEqual({
      sequence: 30,
      sentence: 'it cannot be folded from a snapshot: mm 1 does not exist',
    });
  });

  it('folds nothing after a message that cannot be folded, and finds no difference in what is half folded', () => {
    const [begin, created, ...rest] = log;
    if (!begin || !created) throw new Error('a log has messages');
    const event = { kind: 'AddressSpaceCreated', mm: 1 } as const;
    const strange = {
      kind: 'PageRemoved',
      mm: 1,
      page: 16,
      frame: 16,
      cause: 'reclaim',
      swapped: false,
    } as const;
    const torn = { ...created, body: mmSchema.encode([event, strange]) };
    expect(replayed(copied, [begin, torn, ...rest])).toEqual({
      ...{ messages: 1, snapshots: 1, state: null, divergence: undefined },
      broken: { sequence: 20, sentence: 'mm 1 page 16 cannot be removed' },
    });
  });

  it('knows only the units of the scenario', () => {
    expect(() => new UnitReplay('mm.7', scenario, copied)).toThrow('the scenario has no unit mm.7');
  });
});

describe('the canonical text', () => {
  it('does not depend on the order of fields, and does on that of Maps and Sets', () => {
    expect(canonical({ one: 1, other: [2n, null] })).toBe(canonical({ other: [2n, null], one: 1 }));
    expect(canonical(new Set([1, 2]))).not.toBe(canonical(new Set([2, 1])));
    expect(canonical(new Map([['a', new Uint8Array([1])]]))).toBe('{"map":[["a",{"numbers":[1]}]]}');
  });

  it('is that of a state of a shard', () => {
    const state: MmDurableState = createMmShard(shard).initial().durable;
    expect(canonical(structuredClone(state))).toBe(canonical(state));
  });
});
