import type { KvEntry, KvPort, KvWatchOptions, Running } from '@faultline/hosting';
import type { Life } from './life';

const NEVER = new Promise<never>(() => undefined);

/** A bucket as a process with this life sees it: who is dead writes nothing more, and hears of nothing. */
export class LivingKv implements KvPort {
  constructor(
    private readonly life: Life,
    private readonly kv: KvPort,
  ) {}

  get(key: string): Promise<KvEntry | undefined> {
    return this.life.hear(this.kv.get(key));
  }

  put(...how: Parameters<KvPort['put']>): Promise<number> {
    return this.life.isDead ? NEVER : this.life.hear(this.kv.put(...how));
  }

  delete(...how: Parameters<KvPort['delete']>): Promise<void> {
    return this.life.isDead ? NEVER : this.life.hear(this.kv.delete(...how));
  }

  entries(prefix: string): Promise<KvEntry[]> {
    return this.life.hear(this.kv.entries(prefix));
  }

  watch(options: KvWatchOptions): Promise<Running> {
    const { life } = this;
    if (life.isDead) return NEVER;
    return life.hear(
      life.opens(
        this.kv.watch({
          prefix: options.prefix,
          onEntry: (entry) => life.pass(() => options.onEntry(entry)),
          onDeleted: (key, revision) => life.pass(() => options.onDeleted(key, revision)),
          onReady: () => life.pass(() => options.onReady()),
          onError: (error) => life.pass(() => options.onError(error)),
        }),
      ),
    );
  }
}
