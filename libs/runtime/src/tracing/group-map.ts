/**
 * Something of groups, by two numbers: their identity within an IOMMU (D1), or device and index. Asked for every group that there is, and
 * nearly always in vain.
 */
export class GroupMap<Value> {
  private readonly byScope = new Map<number, Map<number, Value>>();

  get(scope: number, group: number): Value | undefined {
    return this.byScope.get(scope)?.get(group);
  }

  set(scope: number, group: number, value: Value): void {
    let groups = this.byScope.get(scope);
    if (!groups) this.byScope.set(scope, (groups = new Map()));
    groups.set(group, value);
  }

  /** Nobody asks again. */
  take(scope: number, group: number): Value | undefined {
    const groups = this.byScope.get(scope);
    if (groups === undefined || groups.size === 0) return undefined;
    const value = groups.get(group);
    if (value !== undefined) groups.delete(group);
    return value;
  }
}
