/** Requests that are under way, by number: who waits for one that gets lost learns that, by and by. */
export class LaneCalls {
  private readonly open = new Map<number, () => void>();
  private last = 0;

  begin(giveUp: () => void): number {
    this.open.set((this.last += 1), giveUp);
    return this.last;
  }

  end(call: number): void {
    this.open.delete(call);
  }

  /** The request, or its reply, gets lost. */
  lose(call: number): void {
    this.open.get(call)?.();
  }
}

const HEAD_BYTES = 8;

/** A request as it travels: it says from which cable it comes, and which call it is. */
export function seal(link: number, call: number, body: Uint8Array): Uint8Array {
  const sealed = new Uint8Array(HEAD_BYTES + body.length);
  const view = new DataView(sealed.buffer);
  view.setUint32(0, link);
  view.setUint32(4, call);
  sealed.set(body, HEAD_BYTES);
  return sealed;
}

export function unseal(sealed: Uint8Array): { link: number; call: number; body: Uint8Array } {
  const view = new DataView(sealed.buffer, sealed.byteOffset);
  return { link: view.getUint32(0), call: view.getUint32(4), body: sealed.subarray(HEAD_BYTES) };
}
