import {
  type ControlVerbs,
  deadlineWallMicros,
  type ResolvedScenario,
  type StepAction,
  type TeardownStepReport,
} from '@faultline/contracts';
import { formatMicros } from '@faultline/stats';
import type { Asker } from './asker';
import type { Wiring } from './wiring';

/** Steps of one teardown, and the reset that an expired one may need before the next goes on (R95). */
const TEARDOWN_STEPS = 5;
const WAITS_PER_STEP = 2;
/** What the software itself may take for a step of the timeline on a small, busy machine. */
const SOFTWARE_MILLIS = 60_000;
/** Where the scenario sets no deadline, a service that does not answer is given up all the same. */
const WITHOUT_DEADLINE_MILLIS = 600_000;

/** The hand of the operating system and of the drivers: does what a step of the timeline says, to its end. */
export class Hand {
  private readonly patienceMillis: number;

  constructor(
    private readonly control: Asker,
    private readonly wiring: Wiring,
    scenario: Pick<ResolvedScenario, 'deadlines' | 'timeScale'>,
  ) {
    this.patienceMillis = teardownMillis(scenario);
  }

  /** Returns what there is to say beyond that it was done; empty for nothing. */
  async act(action: StepAction): Promise<string> {
    switch (action.action) {
      case 'start':
        await this.wiring.start(action.mm);
        return this.tell('device-emulator.start-process', { mm: action.mm });
      case 'exit':
        return this.tell('mm-handler.exit', { mm: action.mm });
      case 'unbind':
        return this.unbind(action.mm, action.pasid);
      case 'unmap':
        return this.tell('mm-handler.unmap', rangeOf(action));
      case 'protect':
        return this.tell('mm-handler.protect', { ...rangeOf(action), permissions: action.permissions });
      case 'migrate':
        return this.tell('mm-handler.migrate', rangeOf(action));
      case 'reclaim':
        return this.tell('mm-handler.reclaim', { shard: action.shard, pages: action.pages });
      case 'remove-device':
        return this.remove(action.device);
      case 'surprise-remove':
        return this.surpriseRemove(action.device);
      case 'hang-device':
        return this.tell('device-emulator.hang', { device: action.device });
      case 'reset-device':
        return this.tell('iommu.reset', { device: action.device });
      case 'remove-queue':
        return this.tell('iommu.free-queue', { iommu: action.iommu });
      case 'add-queue':
        return this.tell('iommu.alloc-queue', { iommu: action.iommu });
      case 'replace-domain':
        await this.wiring.replace(action.pasid, action.byMm);
        return '';
    }
  }

  /** Teardown at every device, then the PASID is free (R93, R95). */
  private async unbind(mm: number, pasid: number): Promise<string> {
    const told: string[] = [];
    for (const device of this.wiring.devicesOf(pasid)) {
      const { steps } = await this.ask('iommu.unbind', { device, pasid });
      told.push(teardownLine(steps));
    }
    await this.ask('mm-handler.unbind', { mm, pasid });
    this.wiring.forgetPasid(pasid);
    return told.join('; ');
  }

  private async remove(device: number): Promise<string> {
    const teardowns = Math.max(1, this.wiring.pasidsOf(device).length);
    const { forced } = await this.control.ask('iommu.remove', { device }, teardowns * this.patienceMillis);
    this.wiring.forgetDevice(device);
    return forced ? 'by force' : 'in order';
  }

  /** The device is gone first; software closes what was open of it when it notices (R104). */
  private async surpriseRemove(device: number): Promise<string> {
    await this.ask('device-emulator.remove', { device });
    await this.ask('iommu.detach', { device });
    this.wiring.forgetDevice(device);
    return '';
  }

  private async tell<V extends keyof ControlVerbs>(
    verb: V,
    request: ControlVerbs[V]['request'],
  ): Promise<string> {
    await this.ask(verb, request);
    return '';
  }

  private ask<V extends keyof ControlVerbs>(
    verb: V,
    request: ControlVerbs[V]['request'],
  ): Promise<ControlVerbs[V]['reply']> {
    return this.control.ask(verb, request, this.patienceMillis);
  }
}

type Deadlines = Pick<ResolvedScenario, 'deadlines' | 'timeScale' | 'leastDeadlineWallMicros'>;

/** Wall milliseconds within which one teardown ends, whatever it meets: what it waits for, and what the software takes. */
export function teardownMillis(scenario: Deadlines): number {
  const waits = teardownWaitMillis(scenario);
  return waits === undefined ? WITHOUT_DEADLINE_MILLIS : SOFTWARE_MILLIS + waits;
}

/**
 * Wall milliseconds that one teardown waits for others at most: each step has a deadline, and so has what comes of it. Undefined
 * where the scenario sets none.
 */
export function teardownWaitMillis({ deadlines, ...scale }: Deadlines): number | undefined {
  const step = deadlineWallMicros(deadlines.teardownStepMicros, scale);
  const invalidation = deadlineWallMicros(deadlines.invalidationMicros, scale);
  if (step === 0 || invalidation === 0) return undefined;
  return (TEARDOWN_STEPS * WAITS_PER_STEP * (step + invalidation)) / 1000;
}

function rangeOf({
  mm,
  pasid,
  startPage,
  pages,
}: {
  mm: number;
  pasid: number;
  startPage: number;
  pages: number;
}) {
  return { mm, pasid, startPage, pages };
}

/** E.g. `in order: stop 2.1 ms, drain 10 us` or `by force: stop expired 2.0 s, ...`. */
function teardownLine(steps: readonly TeardownStepReport[]): string {
  const parts = steps.map(
    ({ step, outcome, micros }) =>
      `${step} ${outcome === 'expired' ? 'expired after ' : ''}${formatMicros(micros)}`,
  );
  return `${steps.some(({ outcome }) => outcome === 'expired') ? 'by force' : 'in order'}: ${parts.join(', ')}`;
}
