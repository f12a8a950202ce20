import type { ResolvedScenario } from '@faultline/contracts';
import {
  FaultQueries,
  RecordMissing,
  recordedScenario,
  RecordReader,
  type RunFolder,
} from '@faultline/record';
import { NotProjected } from '../common/failures';

/** A run that is open for questions. */
export class OpenRun {
  private readScenario: Promise<ResolvedScenario | undefined> | undefined;
  private openQueries: Promise<FaultQueries> | undefined;

  private constructor(
    readonly folder: RunFolder,
    readonly reader: RecordReader,
  ) {}

  /** Rejects with `RecordMissing`, `RecordNewer` and `RecordUnreadable`. */
  static async open(folder: RunFolder): Promise<OpenRun> {
    return new OpenRun(folder, await RecordReader.open(folder.path));
  }

  get id(): string {
    return this.folder.id;
  }

  /** The scenario as the log has it; undefined while its first message is not there. */
  async scenario(): Promise<ResolvedScenario | undefined> {
    this.readScenario ??= recordedScenario(this.reader);
    const scenario = await this.readScenario;
    if (scenario === undefined) this.readScenario = undefined;
    return scenario;
  }

  /** Questions about its faults. Rejects with {@link NotProjected}. */
  async queries(): Promise<FaultQueries> {
    this.openQueries ??= FaultQueries.open(this.folder.path);
    try {
      return await this.openQueries;
    } catch (error) {
      this.openQueries = undefined;
      throw error instanceof RecordMissing ? new NotProjected(this.id) : error;
    }
  }

  /** Sequence up to which questions about its faults are answered completely; null while they are not at all. */
  async projectedTo(): Promise<number | null> {
    try {
      return await (await this.queries()).position();
    } catch (error) {
      if (error instanceof NotProjected) return null;
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.openQueries?.then((queries) => queries.close()).catch(() => undefined);
    await this.reader.close();
  }
}
