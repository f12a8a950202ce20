import { AppendRefused, LogFull, LogUnavailable, type LogAppend, toError } from '@faultline/hosting';
import type { ApiError } from 'nats';
import { AppendImpossible } from './errors';
import { RequestFailed } from './requests';

/** Error codes of the JetStream API that an append can get. */
const WRONG_LAST_SEQUENCE = 10071;
const STORE_FAILED = 10077;
const MESSAGE_TOO_LARGE = 10054;
const INSUFFICIENT = new Set([10002, 10023, 10028, 10047]);
const FULL = /maximum (bytes|messages)|no space|insufficient|exceeded/i;

/** The server answered an append with an error: which of the port's errors that is. */
export function fromApiError(append: LogAppend, error: ApiError): Error {
  const cause = new Error(`${error.description} (${error.err_code ?? error.code})`);
  const { subject } = append;
  if (error.err_code === WRONG_LAST_SEQUENCE) {
    return new AppendRefused(subject, append.expectedLastSubjectSequence ?? 0, { cause });
  }
  if (error.err_code !== undefined && INSUFFICIENT.has(error.err_code))
    return new LogFull(subject, { cause });
  // The store's own errors share one code; only its words tell a full log from a broken one.
  if (error.err_code === STORE_FAILED && FULL.test(error.description)) return new LogFull(subject, { cause });
  if (error.err_code === MESSAGE_TOO_LARGE || error.code === 400) {
    return new AppendImpossible(subject, error.description, { cause });
  }
  return new LogUnavailable(subject, { cause });
}

/** The append could not be sent or was not answered: which of the port's errors that is. */
export function fromSendError(append: LogAppend, thrown: unknown): Error {
  const cause = toError(thrown);
  if (cause instanceof RequestFailed) return new LogUnavailable(append.subject, { cause });
  const code = 'code' in cause ? cause.code : undefined;
  if (code === 'CONNECTION_CLOSED' || code === 'CONNECTION_DRAINING')
    return new LogUnavailable(append.subject, { cause });
  return new AppendImpossible(append.subject, cause.message, { cause });
}
