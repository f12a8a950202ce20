import type { Running } from './ports';
import { UnitClosed } from './unit-host';

/**
 * What a unit runs beside itself, such as the lanes it serves. A unit may be lost while it still opens: what opens only then is
 * stopped at once, so that nothing goes on in the name of a unit that has another owner.
 */
export class RunningParts {
  private readonly parts: Running[] = [];
  private closed = false;

  /** Throws {@link UnitClosed} when the unit was closed. */
  refuseClosed(): void {
    if (this.closed) throw new UnitClosed();
  }

  /** Opens a part. Rejects with {@link UnitClosed} when the unit was closed before or meanwhile, and with the opening's own error. */
  async open(opening: () => Promise<Running>): Promise<void> {
    this.refuseClosed();
    const part = await opening();
    if (this.closed) {
      await part.stop();
      throw new UnitClosed();
    }
    this.parts.push(part);
  }

  /** Resolves when no callback of a part will run any more. */
  async stop(): Promise<void> {
    this.closed = true;
    await Promise.all(this.parts.map((part) => part.stop()));
  }
}
