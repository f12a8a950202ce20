import {
  type LaneContext,
  type LaneHandler,
  type LanePort,
  LaneUnavailable,
  type Running,
  toError,
} from '@faultline/hosting';
import { seal, unseal } from './lane-calls';
import type { Link } from './link';
import type { Network } from './network';

/** What stands in a buffer when a cable breaks goes on when it is whole again, however late: this often. */
const KEPT = 0.5;

/** The request, or its reply, does not get through: whoever serves is not to blame. */
class Unreachable extends Error {}

/**
 * Lanes as a process reaches them over its cable. What one process sends on one subject arrives in its order; different subjects overtake
 * each other. Who waits for what gets lost is told when his patience ends.
 */
export class LinkedLanes implements LanePort {
  constructor(
    private readonly link: Link,
    private readonly network: Network,
  ) {}

  async request(
    subject: string,
    body: Uint8Array,
    timeoutMillis: number,
    context?: LaneContext,
  ): Promise<Uint8Array> {
    const { link, network } = this;
    if (link.isLost()) {
      await link.patience();
      throw new LaneUnavailable(subject, 'timeout');
    }
    return new Promise((resolve, reject) => {
      const unanswered = (): void => reject(new LaneUnavailable(subject, 'timeout'));
      const call = network.calls.begin(() => void link.patience().then(unanswered));
      const sealed = seal(link.number, call, body);
      const ask = (): Promise<Uint8Array> => network.lanes.request(subject, sealed, timeoutMillis, context);
      // The copy went over another connection, and may come when what follows it has been answered.
      if (link.isDoubled())
        void link
          .hop()
          .then(ask)
          .catch(() => undefined);
      link
        .inOrder(subject)
        .then(ask)
        .then(resolve, reject)
        .finally(() => network.calls.end(call));
    });
  }

  serve(subject: string, handler: LaneHandler, onError: (error: Error) => void): Promise<Running> {
    return this.network.lanes.serve(
      subject,
      (sealed, context) => this.answer(subject, sealed, (body) => handler(body, context), onError),
      (error) => {
        if (!(error instanceof Unreachable)) onError(error);
      },
    );
  }

  private async answer(
    subject: string,
    sealed: Uint8Array,
    handler: LaneHandler,
    onError: (error: Error) => void,
  ): Promise<Uint8Array> {
    const { link, network } = this;
    const { link: number, call, body } = unseal(sealed);
    const from = network.linkAt(number);
    const lose = (): never => {
      network.calls.lose(call);
      throw new Unreachable(subject);
    };
    if (!from.reaches(link)) {
      if (link.happens(KEPT))
        void Promise.all([from.whole(), link.whole()])
          .then(() => from.inOrder(subject))
          .then(() => handler(body))
          .catch((error: unknown) => onError(toError(error)));
      return lose();
    }
    const answer = await handler(body);
    if (link.isLost()) return lose();
    await link.inOrder(`replies/${number}`);
    return link.reaches(from) ? answer : lose();
  }
}
