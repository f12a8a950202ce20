import {
  attemptFlags,
  AttemptFlag,
  type AttemptResult,
  checkHandling,
  codeOfAttempt,
  PAGE_BYTES,
  Permission,
  type Permissions,
  ResponseCode,
} from '@faultline/domain';
import { ConformanceFileInvalid } from '../shape';
import type { MemoryOperation, RecordedAttempt, RecordedSpaceState, RecordedVma } from './format';
import type { ScriptFault } from './script-fault';

interface Area {
  start: bigint;
  end: bigint;
  granted: Permissions;
  growsDown: boolean;
  prot: string;
}

interface Injection {
  page: bigint | 'any';
  result: AttemptResult;
  times: number;
}

interface Space {
  id: string;
  users: number;
  /** By start. */
  areas: Area[];
  injections: Injection[];
  /** The areas as a state shows them; `null` after a change. */
  shown: RecordedVma[] | null;
}

/** Limits of the recorded memory model for a stack that grows: lowest address, size, and distance to what is below. */
const LOWEST_ADDRESS = 0x1_0000n;
const MAX_STACK_BYTES = 8n << 20n;
const GUARD_BYTES = 256n * BigInt(PAGE_BYTES);

const FLAG_NAMES = [
  [AttemptFlag.WRITE, 'WRITE'],
  [AttemptFlag.INSTRUCTION, 'INSTRUCTION'],
  [AttemptFlag.USER, 'USER'],
  [AttemptFlag.REMOTE, 'REMOTE'],
] as const;

/** The modelled address spaces of a vector: areas by byte addresses, attempts that succeed unless the script says otherwise. */
export class ModelledMemory {
  private readonly spaces: Space[];
  private readonly numbers = new Map<string, number>();

  constructor(spaces: readonly { id: string; vmas: readonly RecordedVma[] }[]) {
    this.spaces = spaces.map(({ id, vmas }) => {
      const areas = vmas.map((vma) => areaOf(vma.start, vma.end, vma.prot));
      return { id, users: 1, areas, injections: [], shown: null };
    });
    spaces.forEach(({ id }, number) => this.numbers.set(id, number));
  }

  /** Number of an address space. */
  numberOf(id: string): number {
    const number = this.numbers.get(id);
    if (number === undefined) throw new ConformanceFileInvalid('mm', id, 'one of the topology');
    return number;
  }

  apply(operation: MemoryOperation): void {
    const space = this.spaceAt(this.numberOf(operation.mm));
    switch (operation.op) {
      case 'mm_exit':
        space.users = 0;
        return;
      case 'mm_inject': {
        const page = operation.page === 'any' ? 'any' : BigInt(operation.page);
        space.injections.push({ page, result: operation.result, times: operation.times });
        return;
      }
      case 'mmap':
        evolveAreas(space, [...space.areas, areaOf(operation.start, operation.end, operation.prot)]);
        return;
      case 'munmap':
        evolveAreas(space, space.areas.toSpliced(placeOf(space, operation.start), 1));
        return;
      case 'mprotect': {
        const place = placeOf(space, operation.start);
        const end = `0x${(space.areas[place]?.end ?? 0n).toString(16)}`;
        evolveAreas(space, space.areas.with(place, areaOf(operation.start, end, operation.prot)));
        return;
      }
    }
  }

  /** Handles a fault in an address space, or in none; tells what was attempted, if anything. */
  handle(
    number: number | undefined,
    fault: ScriptFault,
    growsStacks: boolean,
    attempted: (attempt: RecordedAttempt) => void,
  ): ResponseCode {
    const space = number === undefined ? undefined : this.spaceAt(number);
    const alive = space !== undefined && space.users > 0;
    const granted = alive && fault.hasPasid ? grantedAt(space, fault.address, growsStacks) : undefined;
    const check = checkHandling(fault.hasPasid, alive, granted, fault.permissions);
    if (check !== 'none' || space === undefined) return ResponseCode.INVALID;
    const result = resultOf(space, pageOf(fault.address));
    attempted({ mm: space.id, addr: fault.addr, flags: namesOf(attemptFlags(fault.permissions)), result });
    return codeOfAttempt(result);
  }

  /** The state of all spaces. */
  show(): Record<string, RecordedSpaceState> {
    const shown: Record<string, RecordedSpaceState> = {};
    for (const space of this.spaces) {
      space.shown ??= space.areas.map(shownArea);
      shown[space.id] = { users: space.users, vmas: space.shown };
    }
    return shown;
  }

  private spaceAt(number: number): Space {
    const space = this.spaces[number];
    if (space === undefined) throw new ConformanceFileInvalid('mm', number, 'one of the topology');
    return space;
  }
}

function areaOf(start: string, end: string, prot: string): Area {
  const granted =
    (prot.includes('r') ? Permission.READ : 0) |
    (prot.includes('w') ? Permission.WRITE : 0) |
    (prot.includes('x') ? Permission.EXECUTE : 0);
  return { start: BigInt(start), end: BigInt(end), granted, growsDown: prot.includes('g'), prot };
}

function shownArea({ start, end, prot }: Area): RecordedVma {
  return { start: `0x${start.toString(16)}`, end: `0x${end.toString(16)}`, prot };
}

function evolveAreas(space: Space, areas: Area[]): void {
  space.areas = areas.sort((left, right) => (left.start < right.start ? -1 : 1));
  space.shown = null;
}

function placeOf(space: Space, start: string): number {
  const address = BigInt(start);
  const place = space.areas.findIndex((area) => area.start === address);
  if (place < 0) throw new ConformanceFileInvalid(`start in mm ${space.id}`, start, 'that of a vma');
  return place;
}

function pageOf(address: bigint): bigint {
  return address - (address % BigInt(PAGE_BYTES));
}

function grantedAt(space: Space, address: bigint, growsStacks: boolean): Permissions | undefined {
  const place = space.areas.findIndex((area) => area.end > address);
  const area = space.areas[place];
  if (area === undefined) return undefined;
  if (area.start <= address) return area.granted;
  const page = pageOf(address);
  if (!growsStacks || !canGrow(space.areas, place, area, page)) return undefined;
  area.start = page;
  space.shown = null;
  return area.granted;
}

/** Whether the stack may begin at `page`. A neighbour that is a stack itself, or that nobody may access, needs no distance. */
function canGrow(areas: readonly Area[], place: number, area: Area, page: bigint): boolean {
  if (!area.growsDown || page < LOWEST_ADDRESS || area.end - page > MAX_STACK_BYTES) return false;
  const below = areas[place - 1];
  if (below === undefined || below.growsDown || below.granted === 0) return true;
  return page - below.end >= GUARD_BYTES;
}

function resultOf(space: Space, page: bigint): AttemptResult {
  const injection = space.injections.find((entry) => {
    return entry.times > 0 && (entry.page === 'any' || pageOf(entry.page) === page);
  });
  if (injection === undefined) return 'OK';
  injection.times -= 1;
  return injection.result;
}

function namesOf(flags: number): string[] {
  return FLAG_NAMES.filter(([bit]) => (flags & bit) !== 0).map(([, name]) => name);
}
