import type { MmEvent } from '@faultline/domain';
import { DecodeError, EncodeError } from '../codec';
import { mmSchema } from './events';
import { decodeLogBody } from './registry';

const entry = { mm: 3, page: 2 ** 52 - 1, frame: 2 ** 44 };
const installed = {
  kind: 'PageInstalled',
  ...entry,
  permissions: 7,
  cause: 'migrate',
  major: true,
  prefetched: false,
} as const;

/** One event of each kind, and of each choice that a kind has. */
const events: MmEvent[] = [
  { kind: 'MmOwnerChanged', shard: 2, epoch: 9 },
  { kind: 'AddressSpaceCreated', mm: 3 },
  {
    kind: 'VmaMapped',
    mm: 3,
    start: 1,
    end: 2 ** 52,
    permissions: 7,
    backing: 'file-private',
    file: 4,
    filePage: 5,
  },
  { kind: 'VmaProtected', mm: 3, start: 2 ** 52 - 1, end: 2 ** 52, permissions: 0 },
  { kind: 'VmaUnmapped', mm: 3, start: 1, end: 2 ** 52 },
  { kind: 'MmPasidBound', pasid: 2 ** 20 - 1, mm: 3, generation: 7, replaces: true },
  { kind: 'MmPasidBound', pasid: 0, mm: 3, generation: 8, replaces: false },
  { kind: 'MmPasidUnbound', pasid: 0, generation: 8 },
  installed,
  { ...installed, cause: 'zero-page', major: false, prefetched: true },
  { kind: 'PageRestricted', ...entry, permissions: 1 },
  { kind: 'PageRemoved', ...entry, cause: 'migrate', swapped: false },
  { kind: 'PageRemoved', ...entry, cause: 'reclaim', swapped: true },
  { kind: 'PageInvalidated', ...entry },
  { kind: 'FrameFreed', ...entry },
  { kind: 'AddressSpaceExited', mm: 3 },
];

test('every event of a shard travels whole, and in order', () => {
  expect(decodeLogBody('mm', mmSchema.encode(events))).toEqual(events);
});

test.each(events.map((event) => [event.kind, event] as const))('%s travels alone', (_kind, event) => {
  expect(decodeLogBody('mm', mmSchema.encode([event]))).toEqual([event]);
});

test('a cause that is none is refused', () => {
  expect(() => mmSchema.encode([{ ...installed, cause: 'guess' } as unknown as MmEvent])).toThrow(
    EncodeError,
  );
});

test('a message that ends within an event is refused', () => {
  const body = mmSchema.encode([{ kind: 'PageRestricted', ...entry, permissions: 1 }]);
  for (let length = 1; length < body.length; length += 1)
    expect(() => mmSchema.decode(body.slice(0, length))).toThrow(DecodeError);
});
