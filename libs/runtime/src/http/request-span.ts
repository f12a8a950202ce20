import type { IncomingMessage, ServerResponse } from 'node:http';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Logger } from '../logging';
import { type Middleware, pathOf } from './gate';
import { AnswerLate } from './refusals';

const signals = new WeakMap<IncomingMessage, AbortSignal>();

/** The signal of a request: aborted when its client has gone, when its answer is late, or when it is over. */
export function signalOf(request: IncomingMessage): AbortSignal {
  return signals.get(request) ?? AbortSignal.abort();
}

/** Gives a handler the {@link signalOf} its request. */
export const RequestSignal = createParamDecorator((_: unknown, context: ExecutionContext) =>
  signalOf(context.switchToHttp().getRequest<IncomingMessage>()),
);

/** The life of a request: its signal, the longest that an answer may take to begin, and one record in the log. */
export function requestSpan(logger: Logger, answerMillis: number): Middleware {
  return (request, response: ServerResponse, next) => {
    const beganAt = performance.now();
    const gone = new AbortController();
    signals.set(request, gone.signal);
    const late = setTimeout(() => {
      if (response.headersSent) return;
      gone.abort();
      next(new AnswerLate(answerMillis));
    }, answerMillis);
    response.once('close', () => {
      clearTimeout(late);
      gone.abort();
      const millis = Math.round(performance.now() - beganAt);
      const { method } = request;
      logger.debug({ method, path: pathOf(request), status: response.statusCode, millis }, 'request');
    });
    next();
  };
}
