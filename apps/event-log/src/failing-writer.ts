import type { RecordWriter } from '@faultline/record';
import type { Failpoints } from '@faultline/runtime';

/** The writer of the record, with failpoints around its transactions. */
export class FailingWriter implements Pick<RecordWriter, 'append' | 'path' | 'position'> {
  constructor(
    private readonly writer: RecordWriter,
    private readonly failpoints: Failpoints,
    private readonly lab: string,
  ) {}

  get position(): number {
    return this.writer.position;
  }

  get path(): string {
    return this.writer.path;
  }

  async append(messages: Parameters<RecordWriter['append']>[0]): Promise<number> {
    const about = `${this.lab}.record`;
    await this.failpoints.pass('record.before-commit', about);
    const position = await this.writer.append(messages);
    await this.failpoints.pass('record.after-commit', about);
    return position;
  }
}
