import type { ApiError } from 'nats';
import type { NatsLink } from './connection';

/** Codes of answers that say that something is not there. */
export const NO_MESSAGE_FOUND = 10037;
export const CONSUMER_NOT_FOUND = 10014;

/** The JetStream API answered with an error. */
export class JetStreamRefused extends Error {
  constructor(
    readonly code: number,
    description: string,
  ) {
    super(description);
    this.name = 'JetStreamRefused';
  }
}

/**
 * Answers take milliseconds. In a cluster a question may land on a server that has just died, and nobody says so: better to ask
 * again soon than to wait long.
 */
const TIMEOUT_MILLIS = 2_000;

/**
 * Asks the JetStream API over the link's own inbox, which fails at once while the connection is down; the client's manager would
 * wait out its time limit for a request that was never sent. Rejects with {@link JetStreamRefused} or `RequestFailed`.
 */
export async function askJetStream<T extends object>(
  link: NatsLink,
  verb: string,
  payload: object = {},
): Promise<T> {
  const body = Buffer.from(JSON.stringify(payload));
  const reply = await link.requests.send(`$JS.API.${verb}`, body, TIMEOUT_MILLIS);
  const answer = reply.json<T & { error?: ApiError }>();
  if (answer.error)
    throw new JetStreamRefused(answer.error.err_code ?? answer.error.code, answer.error.description);
  return answer;
}
