import type { Decider } from '../kernel/decider';
import type { MmCommand, Run } from './commands';
import { type MmConfig, type ResolvedMmConfig, resolveConfig } from './config';
import { MmCommandRefused } from './errors';
import type { MmEvent, VolatileMmEvent } from './events';
import { evolve } from './evolve';
import { handleNextMember } from './fault';
import { completeInvalidation } from './invalidation';
import {
  beginEpoch,
  bindPasid,
  createSpace,
  exitSpace,
  mapVma,
  migratePages,
  populatePages,
  protectVma,
  rebindPasid,
  unbindPasid,
  unmapVma,
} from './layout';
import { planReclaim } from './reclaim';
import { isOpen, oldestReady } from './runs';
import { createMmState, type MmState } from './state';

/** Events of a shard, in and out of the log. */
export type AnyMmEvent = MmEvent | VolatileMmEvent;

const NOTHING: readonly AnyMmEvent[] = Object.freeze([]);

/**
 * An mm shard: its part of the PASID table, its address spaces and frames (D7), and the mm handler of the fault path
 * (R107-R126). `decide` throws {@link MmCommandRefused} for a command the shard does not do.
 */
export function createMmShard(config: MmConfig): Decider<MmState, MmCommand, AnyMmEvent> {
  const resolved = resolveConfig(config);
  return {
    initial: () => createMmState(resolved),
    decide: (state, command) => decide(resolved, state, command),
    evolve,
  };
}

function decide(config: ResolvedMmConfig, state: MmState, command: MmCommand): readonly AnyMmEvent[] {
  switch (command.kind) {
    case 'Advance': {
      const run = oldestReady(state.volatile);
      return run === undefined ? NOTHING : handleNextMember(state, config, run);
    }
    case 'HandleRun':
      return handleRun(state, command.run);
    case 'CompleteInvalidation':
      return completeInvalidation(state.durable, command.entries);
    case 'BeginEpoch':
      return beginEpoch(state.durable, command.epoch);
    case 'CreateAddressSpace':
      return createSpace(state.durable, command.mm);
    case 'ExitAddressSpace':
      return exitSpace(state.durable, command.mm);
    case 'MapVma':
      return mapVma(state.durable, command);
    case 'UnmapVma':
      return unmapVma(state.durable, command);
    case 'ProtectVma':
      return protectVma(state.durable, command);
    case 'MigratePages':
      return migratePages(state, command);
    case 'PopulatePages':
      return populatePages(state, config, command);
    case 'ReclaimPages':
      return reclaimPages(state, config, command.pages);
    case 'RebindPasid':
      return rebindPasid(state.durable, command.pasid, command.mm);
    case 'BindPasid':
      return bindPasid(state.durable, command.pasid, command.mm);
    case 'UnbindPasid':
      return unbindPasid(state.durable, command.pasid);
  }
}

function reclaimPages(state: MmState, config: ResolvedMmConfig, pages: number): readonly AnyMmEvent[] {
  if (Number.isSafeInteger(pages) && pages > 0) return planReclaim(state, config, pages);
  throw new MmCommandRefused('count-invalid', `${pages} pages`);
}

function handleRun(state: MmState, run: Run): readonly AnyMmEvent[] {
  if (isOpen(state.volatile, run.run)) throw new MmCommandRefused('run-open', `run ${run.run}`);
  return [{ kind: 'RunOpened', run }];
}
