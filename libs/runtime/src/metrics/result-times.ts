import type { GroupDiscarded, GroupHandled, GroupResponded } from '@faultline/domain';

/** Results that may be kept. There are as many as wait for their answer, and a few that were read twice or whose group is gone. */
const MOST_RESULTS = 65_536;

/** When the results of groups were ready, until the groups are answered. */
export class ResultTimes {
  /** By device, epoch and group: a device is behind one IOMMU, so it stands for that in the identity of a group (D1). */
  private readonly devices = new Map<number, Map<number, Map<number, number>>>();
  private count = 0;

  add({ device, epoch, group, handledAtMicros }: GroupHandled): void {
    // What is left of those that nobody takes comes to this in the end; of the others a stage is not timed then.
    if (this.count >= MOST_RESULTS) this.clear();
    let epochs = this.devices.get(device);
    if (!epochs) this.devices.set(device, (epochs = new Map()));
    let groups = epochs.get(epoch);
    if (!groups) epochs.set(epoch, (groups = new Map()));
    const before = groups.size;
    groups.set(group, handledAtMicros);
    this.count += groups.size - before;
  }

  /** Nobody asks again. */
  take({ device, groupEpoch, group }: GroupResponded | GroupDiscarded): number | undefined {
    const groups = this.devices.get(device)?.get(groupEpoch);
    const micros = groups?.get(group);
    if (groups?.delete(group)) this.count -= 1;
    return micros;
  }

  private clear(): void {
    this.devices.clear();
    this.count = 0;
  }
}
