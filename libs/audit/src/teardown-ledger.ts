import { TEARDOWN_STEPS, type TeardownStepped } from '@faultline/domain';
import type { Findings } from './findings';
import type { DecodedMessage } from './message';

interface OpenTeardown {
  device: number;
  generation: number;
  /** Steps that are over. */
  steps: number;
  unbound: boolean;
}

/** Teardowns take their steps in order, with the PASID entry between the first and the second (R95), and in a finished run they end (I5). */
export class TeardownLedger {
  private readonly open = new Map<string, OpenTeardown>();

  constructor(private readonly findings: Findings) {}

  observe({ events, sequence }: DecodedMessage): void {
    for (const event of events) {
      switch (event.kind) {
        case 'TeardownBegun':
          if (this.open.has(nameOf(event)))
            this.findings.violate('I9', sequence, nameOf(event), 'it begins, but has begun before');
          this.open.set(nameOf(event), {
            device: event.device,
            generation: event.generation,
            steps: 0,
            unbound: false,
          });
          break;
        case 'PasidUnbound': {
          const teardown = this.open.get(nameOf(event));
          if (teardown) teardown.unbound = true;
          break;
        }
        case 'TeardownStepped':
          this.step(event, sequence);
          break;
        case 'PasidDrained':
          this.end(nameOf(event), sequence);
          break;
        case 'DeviceDetached':
          for (const [name, { device }] of this.open) if (device === event.device) this.open.delete(name);
          break;
        default:
          break;
      }
    }
  }

  /** What is under way when the run is finished has no end. */
  finish(sequence: number): void {
    for (const [name, { steps }] of this.open) {
      const at = TEARDOWN_STEPS[steps] ?? 'its end';
      this.findings.violate('I5', sequence, name, `the run is finished, but it never got beyond '${at}'`);
    }
  }

  private step(event: TeardownStepped, sequence: number): void {
    this.findings.check('I9');
    const name = nameOf(event);
    const teardown = this.open.get(name);
    const expected = teardown && TEARDOWN_STEPS[teardown.steps];
    if (!teardown || teardown.generation !== event.generation || expected !== event.step) {
      const due = expected === undefined ? 'no step is due' : `'${expected}' is due`;
      this.findings.violate('I9', sequence, name, `step '${event.step}' is over, but ${due}`);
      return;
    }
    if (event.step !== 'stop' && !teardown.unbound)
      this.findings.violate(
        'I9',
        sequence,
        name,
        `step '${event.step}' is over, but the PASID is still bound`,
      );
    teardown.steps += 1;
  }

  private end(name: string, sequence: number): void {
    this.findings.check('I9');
    const teardown = this.open.get(name);
    this.open.delete(name);
    if (teardown?.steps === TEARDOWN_STEPS.length) return;
    const at = TEARDOWN_STEPS[teardown?.steps ?? 0] ?? '';
    this.findings.violate('I9', sequence, name, `the PASID has drained, but '${at}' is not over`);
  }
}

function nameOf({ device, pasid }: { device: number; pasid: number }): string {
  return `teardown of device ${device} PASID ${pasid}`;
}
