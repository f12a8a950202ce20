// The live feed as it stands: everything that the service told last, and whether it still does.
import { ask } from '../api.js';

/** @typedef {import('../../../api/live/live-schemas').LiveState} LiveState */
/** @typedef {import('../../../api/live/live-schemas').Progress} Progress */

/** What is kept for the charts: five minutes of two a second, as the service keeps. */
const MOST_KEPT = 600;
/** After how long a feed that the service ended is asked for again. */
const AGAIN_MILLIS = 2_000;
/** Events that each tell a part of the state anew. */
const PARTS = /** @type {const} */ (['queues', 'services']);

/** Queues come in the order in which they were first used, which is another one in each run. @template {Partial<LiveState>} T @param {T} part */
const inOrder = (part) =>
  part.queues
    ? {
        ...part,
        queues: [...part.queues].sort(
          (one, other) => one.iommu - other.iommu || (one.queue < other.queue ? -1 : 1),
        ),
      }
    : part;

export class Feed {
  /** @type {LiveState | undefined} */
  state;
  /** Whether it is told at the moment. */
  isOpen = false;
  #onChange;
  #signal;

  /** @param {() => void} onChange @param {AbortSignal} signal ends it */
  constructor(onChange, signal) {
    this.#onChange = onChange;
    this.#signal = signal;
    this.#listen();
  }

  #listen() {
    if (this.#signal.aborted) return;
    const source = new EventSource('/api/live');
    this.#signal.addEventListener('abort', () => source.close());
    /** @param {string} name @param {(data: any) => void} take */
    const on = (name, take) =>
      source.addEventListener(name, (event) => {
        this.isOpen = true;
        take(JSON.parse(event.data));
        this.#onChange();
      });
    on('state', (state) => (this.state = inOrder(state)));
    for (const name of PARTS) on(name, (part) => this.#merge(inOrder(part)));
    on('laboratory', (laboratory) => this.#merge({ laboratory }));
    on('counters', (counters) => this.#merge({ counters }));
    on('progress', (progress) => this.#progress(progress));
    source.addEventListener('error', () => {
      this.isOpen = false;
      this.#onChange();
      // A connection that broke the browser makes anew by itself, and asks for what it missed; one that was refused it does not.
      if (source.readyState === EventSource.CLOSED) void this.#again();
    });
  }

  /** @param {Partial<LiveState>} part */
  #merge(part) {
    if (this.state) this.state = { ...this.state, ...part };
  }

  /** @param {Progress} progress */
  #progress(progress) {
    if (!this.state) return;
    const { history } = this.state;
    // What was read to catch up is no rate.
    if (!progress.catchingUp) history.push(progress);
    if (history.length > MOST_KEPT) history.shift();
    this.#merge({ progress });
  }

  /** Where the login has ended, the question leads to it. */
  async #again() {
    await ask('/api/live/state', {}, this.#signal).catch(() => undefined);
    setTimeout(() => this.#listen(), AGAIN_MILLIS);
  }
}
