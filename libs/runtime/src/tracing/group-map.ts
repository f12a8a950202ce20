/** Something of groups, by their identity within an IOMMU (D1). Asked for every group that there is, and nearly always in vain. */
export class GroupMap<Value> {
  private readonly byEpoch = new Map<number, Map<number, Value>>();

  get(epoch: number, group: number): Value | undefined {
    return this.byEpoch.get(epoch)?.get(group);
  }

  set(epoch: number, group: number, value: Value): void {
    let groups = this.byEpoch.get(epoch);
    if (!groups) this.byEpoch.set(epoch, (groups = new Map()));
    groups.set(group, value);
  }

  /** Nobody asks again. */
  take(epoch: number, group: number): Value | undefined {
    const groups = this.byEpoch.get(epoch);
    if (groups === undefined || groups.size === 0) return undefined;
    const value = groups.get(group);
    if (value !== undefined) groups.delete(group);
    return value;
  }
}
