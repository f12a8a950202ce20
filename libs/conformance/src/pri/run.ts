import {
  createHardware,
  type FirstStage,
  type HardwareConfig,
  type HardwareDecider,
  type HardwareEvent,
  type HardwareState,
  IOMMU_PROFILES,
  type IommuProfileName,
  type IommuQuirks,
  PAGE_BYTES,
  withQuirks,
} from '@faultline/domain';
import { firstDifference } from '../compare';
import type { StepDifference, VectorOutcome } from '../outcome';
import { commandOf, modeOf } from './commands';
import type { Fields, PriStep, PriVector } from './format';
import { observe, statusOf } from './observe';

export interface PriRunOptions {
  /** Whose choices the hardware makes; `riscv`, which the recorded model is of, when absent. */
  readonly profile?: IommuProfileName;
  /** Quirks of the recorded model to run with, instead of those that the vector's tags name. */
  readonly quirks?: Partial<IommuQuirks>;
  /** Translations that the IOMMU's own cache holds; 0 for none. */
  readonly iotlbEntries?: number;
}

/** The behaviour of the recorded model that each tag marks. */
const QUIRK_OF_TAG: Readonly<Record<string, keyof IommuQuirks>> = {
  'stale-records': 'staleRecords',
  'stop-lookalike-divergence': 'silentStopLookalike',
  'dirty-update-quirk': 'sampleDirtyBeforeUpdate',
  'irq-unmask-divergence': 'interruptOnlyOnAcknowledge',
};

const DEFAULT_IOTLB_ENTRIES = 64;
/** Far more than any command queue holds. */
const MOST_EVENTS = 10_000;

/**
 * Runs a vector against the domain's hardware: after every step all that it caused and its whole status are compared. At one step,
 * which the id decides, the hardware is given up and made again from its events (I8); nothing may change.
 */
export function runPriVector(vector: PriVector, options: PriRunOptions = {}): VectorOutcome {
  const { id, family, title, steps } = vector;
  const quirks = options.quirks ?? quirksOf(vector);
  const machine = new PriMachine(vector, configOf(vector, options, quirks));
  const difference = firstDifferingStep(vector, machine);
  const names = Object.entries(quirks).flatMap(([name, on]) => (on ? [name] : []));
  return {
    id,
    family,
    ...(title === undefined ? {} : { title }),
    steps: steps.length,
    status: difference === undefined ? 'passed' : 'failed',
    ...(difference === undefined ? {} : { difference }),
    ...(names.length === 0 ? {} : { note: `run with quirks of the recorded model: ${names.join(', ')}` }),
  };
}

function quirksOf({ tags }: PriVector): Partial<IommuQuirks> {
  const quirks = tags.flatMap((tag) => QUIRK_OF_TAG[tag] ?? []);
  return Object.fromEntries(quirks.map((quirk) => [quirk, true]));
}

function configOf(vector: PriVector, options: PriRunOptions, quirks: Partial<IommuQuirks>): HardwareConfig {
  const { profile = 'riscv', iotlbEntries = DEFAULT_IOTLB_ENTRIES } = options;
  const {
    firstStage,
    identityTranslationSize,
    deviceTlbInvalidationTags,
    commandQueueEntries,
    faultQueueEntries,
  } = vector.parameters;
  return {
    profile: withQuirks(IOMMU_PROFILES[profile], quirks),
    firstStage,
    identityPages: identityTranslationSize / PAGE_BYTES,
    invalidationTags: deviceTlbInvalidationTags,
    commandQueueEntries,
    faultQueueEntries,
    iotlbEntries,
  };
}

/** Hardware with its log. */
class PriMachine {
  private readonly hardware: HardwareDecider;
  private readonly firstStage: FirstStage;
  private readonly log: HardwareEvent[] = [];
  private state: HardwareState;

  constructor(vector: PriVector, config: HardwareConfig) {
    this.hardware = createHardware(config);
    this.firstStage = config.firstStage;
    this.state = this.hardware.initial();
    this.evolve(this.hardware.decide(this.state, { kind: 'SetMode', mode: modeOf(vector.initialMode) }, 0));
  }

  /** Performs a step, and whatever of the command queue can run after it; software empties the fault queue each time. */
  perform(step: PriStep): Fields {
    const events = [...this.evolve(this.hardware.decide(this.state, commandOf(step), 0))];
    let ran: readonly HardwareEvent[];
    do {
      ran = this.evolve(this.hardware.decide(this.state, { kind: 'RunNextCommand' }, 0));
      events.push(...ran);
      if (events.length > MOST_EVENTS) throw new Error(`step ${step.op} does not come to an end`);
    } while (ran.length > 0);
    const out = observe(events, step, this.state, this.firstStage);
    this.evolve(this.hardware.decide(this.state, { kind: 'ConsumeFaultRecords', clearOverflow: false }, 0));
    return out;
  }

  /** What a step would show if the IOMMU's own cache held nothing. */
  uncached(step: PriStep): Fields {
    const events = this.hardware.decide({ ...this.state, iotlb: [] }, commandOf(step), 0);
    return observe(events, step, this.state, this.firstStage);
  }

  status(): Fields {
    return statusOf(this.state);
  }

  /** Makes the state again from nothing but the events. */
  rebuild(): void {
    this.state = this.log.reduce(
      (state, event) => this.hardware.evolve(state, event),
      this.hardware.initial(),
    );
  }

  private evolve(events: readonly HardwareEvent[]): readonly HardwareEvent[] {
    for (const event of events) this.state = this.hardware.evolve(this.state, event);
    this.log.push(...events);
    return events;
  }
}

function firstDifferingStep(vector: PriVector, machine: PriMachine): StepDifference | undefined {
  const expectedStatus: Record<string, unknown> = { ...vector.initialStatus };
  const initially = machine.status();
  const different = firstDifference(expectedStatus, initially, 'status');
  if (different !== undefined) {
    return { step: 0, op: 'initial', ...different, expectedStep: expectedStatus, actualStep: initially };
  }
  const rebuiltAt = hashOf(vector.id) % vector.steps.length;
  for (const [number, step] of vector.steps.entries()) {
    if (number === rebuiltAt) machine.rebuild();
    const fresh = step.mayBeStale ? machine.uncached(step) : undefined;
    const out = machine.perform(step);
    const status = machine.status();
    Object.assign(expectedStatus, step.status);
    const isFresh = fresh !== undefined && firstDifference(fresh, out) === undefined;
    // A refusal that the recorded model came to only later has raised its interrupt already.
    if (isFresh) expectedStatus['irqFault'] = status['irqFault'];
    const expectedOut = isFresh ? fresh : permitted(step, out);
    const difference = firstDifference(expectedOut, out) ?? firstDifference(expectedStatus, status, 'status');
    if (difference !== undefined) {
      const expectedStep = { out: expectedOut, status: { ...expectedStatus } };
      return { step: number, op: step.op, ...difference, expectedStep, actualStep: { out, status } };
    }
  }
  return undefined;
}

/** The recorded result, with what was done in each place where the recording permits it. */
function permitted(step: PriStep, out: Fields): Fields {
  return Object.entries(step.accept).reduce((expected, [path, values]) => {
    const value = valueAt(out, path.split('.'));
    return values.includes(value) ? withValueAt(expected, path.split('.'), value) : expected;
  }, step.out);
}

function valueAt(fields: Fields, [name = '', ...rest]: readonly string[]): unknown {
  const value = fields[name];
  return rest.length === 0 || !isFields(value) ? value : valueAt(value, rest);
}

function withValueAt(fields: Fields, [name = '', ...rest]: readonly string[], value: unknown): Fields {
  const part = fields[name];
  return { ...fields, [name]: rest.length === 0 || !isFields(part) ? value : withValueAt(part, rest, value) };
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** FNV-1a: an id always gives the same number, and similar ids give different ones. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return hash;
}
