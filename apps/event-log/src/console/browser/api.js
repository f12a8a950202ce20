// Questions to the service.

/** The service did not give what was asked for; its message is one line for a person. */
export class Refused extends Error {
  /** @param {number} status @param {string} kind @param {string} message */
  constructor(status, kind, message) {
    super(message);
    this.name = 'Refused';
    this.status = status;
    this.kind = kind;
  }
}

let isLeaving = false;
// A page that the browser shows again as it was left is not on its way any more.
addEventListener('pageshow', () => (isLeaving = false));

/**
 * The login has ended: the door leads back to where one was. Several questions may hear of it at once, and a second way there would break
 * off the first.
 */
function goToDoor() {
  if (isLeaving) return;
  isLeaving = true;
  location.assign(`/login?next=${encodeURIComponent(`/${location.hash}`)}`);
}

/**
 * Asks the API. Rejects with {@link Refused}, and with an `AbortError` when the signal says so.
 *
 * @template T
 * @param {string} path
 * @param {Record<string, string | number | null | undefined>} [query] what is absent or empty is left out
 * @param {AbortSignal} [signal]
 * @returns {Promise<T>}
 */
export async function ask(path, query = {}, signal) {
  const response = await fetch(`${path}${queryText(query)}`, {
    signal,
    headers: { accept: 'application/json' },
  });
  if (response.ok) return response.json();
  if (response.status === 401) goToDoor();
  const failure = await response.json().catch(() => ({}));
  throw new Refused(
    response.status,
    failure.error ?? 'Failure',
    failure.message ?? `${path} answered ${response.status}`,
  );
}

/**
 * A query as an address has it, with its question mark; nothing where there is nothing to say.
 *
 * @param {Record<string, string | number | null | undefined>} query
 */
export function queryText(query) {
  const said = Object.entries(query).flatMap(([name, value]) =>
    value === undefined || value === null || value === '' ? [] : [[name, String(value)]],
  );
  return said.length === 0 ? '' : `?${new URLSearchParams(said)}`;
}

/** The address of a run in the API. @param {string} run */
export const runPath = (run) => `/api/runs/${encodeURIComponent(run)}`;
