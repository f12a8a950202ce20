import { randomFillSync } from 'node:crypto';

const TRACE_BYTES = 16;
const SPAN_BYTES = 8;

/** Names for spans that nobody has to find by what they are about. Random bytes are drawn many at once: a draw costs a microsecond. */
export class RandomIds {
  private readonly pool = Buffer.alloc(16_384);
  private used = this.pool.length;

  traceId(): string {
    return this.draw(TRACE_BYTES);
  }

  spanId(): string {
    return this.draw(SPAN_BYTES);
  }

  private draw(bytes: number): string {
    if (this.used + bytes > this.pool.length) {
      randomFillSync(this.pool);
      this.used = 0;
    }
    const text = this.pool.toString('hex', this.used, this.used + bytes);
    this.used += bytes;
    // All zeros name nothing.
    return /[^0]/.test(text) ? text : this.draw(bytes);
  }
}
