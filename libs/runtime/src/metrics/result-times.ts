import { type GroupDiscarded, type GroupHandled, type GroupResponded, Numbered } from '@faultline/domain';

/** Results that may be kept. There are as many as wait for their answer, and a few that were read twice or whose group is gone. */
const MOST_RESULTS = 65_536;

/** What is kept of a result: its members would be many times as much. */
type Ready = Pick<GroupHandled, 'epoch' | 'handledAtMicros'>;

/** When the results of groups were ready, until the groups are answered. */
export class ResultTimes {
  /** By device and group: a device is behind one IOMMU, so it stands for that in the identity of a group (D1). */
  private readonly devices = new Map<number, Numbered<Ready>>();
  private count = 0;

  /** The first result for a group is the one that is admitted. */
  add({ device, epoch, group, handledAtMicros }: GroupHandled): void {
    let results = this.devices.get(device);
    if (results === undefined) this.devices.set(device, (results = new Numbered()));
    const known = results.get(group);
    if (known !== undefined) {
      if (known.epoch >= epoch) return;
      results.delete(group);
      this.count -= 1;
    }
    // What is left of those that nobody takes comes to this in the end; of the others a stage is not timed then.
    if (this.count >= MOST_RESULTS) this.clear();
    results.add(group, { epoch, handledAtMicros });
    this.count += 1;
  }

  /** Nobody asks again. */
  take({ device, groupEpoch, group }: GroupResponded | GroupDiscarded): number | undefined {
    const results = this.devices.get(device);
    const result = results?.get(group);
    if (results === undefined || result?.epoch !== groupEpoch) return undefined;
    results.delete(group);
    this.count -= 1;
    return result.handledAtMicros;
  }

  private clear(): void {
    for (const results of this.devices.values()) results.clear();
    this.count = 0;
  }
}
