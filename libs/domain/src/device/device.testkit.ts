import { Permission, type Permissions } from '../kernel/vocabulary';
import type { Access, SegmentCommand } from './commands';
import type { SegmentConfig, SegmentDeviceConfig } from './config';
import type { SegmentEvent } from './events';
import { createSegment } from './segment';
import type { SegmentState } from './state';

/** A PRI function, with what a spec cares about. */
export function priDevice(changes: Partial<SegmentDeviceConfig> = {}): SegmentDeviceConfig {
  return {
    device: 1,
    model: 'pri',
    credits: 8,
    atcEntries: 16,
    pagesPerGroup: 4,
    responsePasidRequired: false,
    ...changes,
  };
}

export function access(number: number, changes: Partial<Access> = {}): Access {
  return {
    device: 1,
    access: number,
    pasid: 7,
    page: 100 + number,
    offset: 8,
    permissions: Permission.READ,
    intendedAtMicros: 0,
    ...changes,
  };
}

export function issue(number: number, changes: Partial<Access> = {}): SegmentCommand {
  return { kind: 'IssueAccess', access: access(number, changes) };
}

/** The IOMMU found the page: `permissions` are what it grants. */
export function grant(
  translation: number,
  permissions: Permissions = Permission.READ,
  frame = 1,
): SegmentCommand {
  return { kind: 'CompleteTranslation', translation, status: 'success', permissions, frame };
}

/** The IOMMU found nothing: a success without permissions (R2). */
export function miss(translation: number): SegmentCommand {
  return grant(translation, 0, 0);
}

export function respond(groupId: number, code: 0 | 1 | 2, pasid = 7, device = 1): SegmentCommand {
  return { kind: 'ReceiveResponse', device, groupId, pasid, code };
}

/** A segment that is driven command by command, for specs with more than one step. */
export class Driven {
  readonly decider;
  state: SegmentState;
  now = 0;

  constructor(config: SegmentConfig) {
    this.decider = createSegment(config);
    this.state = this.decider.initial();
  }

  /** Decides and folds, a microsecond later; returns what happened. */
  do(...commands: SegmentCommand[]): SegmentEvent[] {
    const happened: SegmentEvent[] = [];
    for (const command of commands) {
      this.now += 1;
      const events = this.decider.decide(this.state, command, this.now);
      for (const event of events) this.state = this.decider.evolve(this.state, event);
      happened.push(...events);
    }
    return happened;
  }
}

/** The events of one kind, in order. */
export function only<K extends SegmentEvent['kind']>(
  events: readonly SegmentEvent[],
  kind: K,
): Extract<SegmentEvent, { kind: K }>[] {
  return events.filter((event): event is Extract<SegmentEvent, { kind: K }> => event.kind === kind);
}
