const NOBODY: ReadonlySet<number> = new Set();

/** Which devices of a segment hold translations of a PASID: an invalidation meets these, and not thousands of others. */
export class AtcHolders {
  private readonly byPasid = new Map<number, Set<number>>();

  /** A device holds its first translation of a PASID. */
  begin(pasid: number, device: number): void {
    const holders = this.byPasid.get(pasid);
    if (holders === undefined) this.byPasid.set(pasid, new Set([device]));
    else holders.add(device);
  }

  /** A device holds none of a PASID any more. A PASID that nobody holds leaves nothing behind. */
  end(pasid: number, device: number): void {
    const holders = this.byPasid.get(pasid);
    holders?.delete(device);
    if (holders?.size === 0) this.byPasid.delete(pasid);
  }

  /** Devices that hold a translation of the PASID. */
  of(pasid: number): ReadonlySet<number> {
    return this.byPasid.get(pasid) ?? NOBODY;
  }
}
