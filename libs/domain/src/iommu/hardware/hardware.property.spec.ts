import fc from 'fast-check';
import { IOMMU_PROFILES } from '../profile';
import type { HardwareCommand } from './commands';
import type { HardwareEvent } from './events';
import {
  access,
  control,
  device,
  fence,
  invalidation,
  leaf,
  NO_PASID,
  pageRequest,
  refold,
  submit,
  testHardware,
  translation,
} from './hardware.testkit';
import { isStopMarker } from './judge-page-request';

/** At most so many sequences, and fewer where FAULTLINE_SEQUENCES says so: each shows the whole state after every command. */
const RUNS = Math.min(300, Number(process.env.FAULTLINE_SEQUENCES ?? 300));
const SEED = 20_260_801;

const pasid = fc.constantFrom(NO_PASID, 0, 1);
const permissions = fc.nat(15);
const page = fc.nat(3);
const flags = fc.record({ clearOverflow: fc.boolean(), clearMemoryFault: fc.boolean() });

const message = fc.record({ deviceId: fc.constantFrom(16, 17), pasid, page, permissions });
const command: fc.Arbitrary<HardwareCommand> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .record({ message, prgIndex: fc.nat(3), last: fc.boolean() })
      .map((drawn) => pageRequest({ ...drawn.message, prgIndex: drawn.prgIndex, last: drawn.last })),
  },
  { weight: 3, arbitrary: message.map((drawn) => translation(drawn)) },
  { weight: 2, arbitrary: message.map((drawn) => access(drawn)) },
  {
    weight: 2,
    arbitrary: fc
      .record({ enable: fc.boolean(), flags })
      .map((drawn) => control({ enable: drawn.enable, ...drawn.flags })),
  },
  fc.boolean().map((valid): HardwareCommand => ({ kind: 'SetDeviceValid', deviceId: 16, valid })),
  fc.constantFrom(2, 4).map((entries): HardwareCommand => ({ kind: 'ConfigureQueue', entries })),
  fc.nat(2).map((count): HardwareCommand => ({ kind: 'ConsumeRecords', count })),
  fc
    .record({ pageRequest: fc.boolean(), fault: fc.boolean(), command: fc.boolean() })
    .map((sources): HardwareCommand => ({ kind: 'AcknowledgeInterrupts', ...sources })),
  fc.nat(3).map((slot): HardwareCommand => ({
    kind: 'InjectMemoryFailure',
    target: { at: 'queue-slot', slot },
    failure: 'access',
  })),
  fc.constant<HardwareCommand>({ kind: 'ClearInjectedFailures' }),
  fc
    .record({ pasid, page, permissions, accessed: fc.boolean(), dirty: fc.boolean() })
    .map(({ pasid, ...rest }): HardwareCommand => ({
      kind: 'MapLeaf',
      deviceId: 16,
      pasid,
      leaf: leaf(rest),
    })),
  fc.boolean().map((supervisorAllowed): HardwareCommand => ({
    kind: 'BindPasid',
    deviceId: 16,
    pasid: 1,
    supervisorAllowed,
    supervisorMayAccessUser: true,
  })),
  fc.constant<HardwareCommand>({ kind: 'UnbindPasid', deviceId: 16, pasid: 1 }),
  fc.constantFrom<HardwareCommand>(
    submit(invalidation),
    submit(fence),
    submit({ op: 'illegal' }),
    submit({ op: 'invalidate-iotlb', deviceId: 16, pasid: 1, page: null }),
  ),
  fc.constant<HardwareCommand>({ kind: 'RunNextCommand' }),
  fc.record({ tag: fc.nat(1), count: fc.constantFrom(1, 2, 8) }).map(({ tag, count }): HardwareCommand => ({
    kind: 'ReceiveInvalidationCompletion',
    deviceId: 16,
    tags: [tag],
    count,
  })),
  fc.nat(1).map((tag): HardwareCommand => ({ kind: 'ExpireInvalidations', tags: [tag] })),
  fc.constant<HardwareCommand>({ kind: 'ReplaceHaltedCommand' }),
  fc.constant<HardwareCommand>({
    kind: 'ClearCommandFlags',
    timeout: true,
    illegal: true,
    memoryFault: true,
  }),
  fc.boolean().map((clearOverflow): HardwareCommand => ({ kind: 'ConsumeFaultRecords', clearOverflow })),
);

const before: HardwareEvent[] = [{ kind: 'ModeSet', mode: { deviceIdBits: 15 } }, device()];
const profileName = fc.constantFrom('riscv', 'smmu', 'vtd', 'amd');
const commands = fc.array(command, { minLength: 1, maxLength: 80, size: 'max' });

describe('whatever happens to the hardware', () => {
  it('I8 folding its events again gives the same state, decide changes nothing, and R41 R56 R132 hold', () => {
    fc.assert(
      fc.property(profileName, commands, (name, sequence) => {
        const hardware = testHardware(name);
        const log = [...before];
        let state = refold(hardware, log);
        for (const next of sequence) {
          const shown = JSON.stringify(state, showMaps);
          const events = hardware.decide(state, next, 0);
          if (JSON.stringify(state, showMaps) !== shown) throw new Error(`${next.kind} changed the state`);
          for (const event of events) state = hardware.evolve(state, event);
          log.push(...events);
          if (next.kind === 'ReceivePageRequest') checkOneAnswer(name, next, events);
          if (state.queue.overflow && state.queue.memoryFault) throw new Error('R56: both flags are set');
        }
        expect(refold(hardware, structuredClone(log))).toEqual(state);
      }),
      { numRuns: RUNS, seed: SEED },
    );
  });
});

function showMaps(_key: string, value: unknown): unknown {
  return value instanceof Map ? [...value.entries()] : value;
}

/** R132: a page request is queued, or refused; what is refused has at most one answer, and only if it could have one. */
function checkOneAnswer(
  name: keyof typeof IOMMU_PROFILES,
  { message }: Extract<HardwareCommand, { kind: 'ReceivePageRequest' }>,
  events: readonly HardwareEvent[],
): void {
  const count = (kind: HardwareEvent['kind']) => events.filter((event) => event.kind === kind).length;
  expect(count('PageRequestQueued') + count('PageRequestRefused')).toBe(1);
  expect(count('PrgResponseSent')).toBeLessThanOrEqual(count('PageRequestRefused'));
  const mayBeAnswered = message.last && !isStopMarker(IOMMU_PROFILES[name], message);
  if (!mayBeAnswered) expect(count('PrgResponseSent')).toBe(0);
}
