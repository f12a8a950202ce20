import type { ServerResponse } from 'node:http';
import { toError } from '@faultline/hosting';
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import { ZodValidationException } from 'nestjs-zod';
import type { ZodError } from 'zod';
import type { Logger } from '../logging';
import type { DoorContent } from './content';

/** What an answer that is a failure says; the status is the status. Of the shape of `ControlFailure`. */
export interface HttpFailure {
  /** Kind of the failure: the name of its class. */
  error: string;
  /** One line for a person. */
  message: string;
}

/** Every failure, wherever it comes from, in one shape. What nobody foresaw is logged, and not told. */
@Catch()
export class FailureFilter implements ExceptionFilter {
  constructor(
    private readonly logger: Logger,
    private readonly statusOf: DoorContent['statusOf'],
  ) {}

  catch(exception: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<ServerResponse>();
    const error = toError(exception);
    const [status, failure] = this.told(error);
    if (status >= 500) this.logger.error({ err: error, status }, 'a request failed');
    // An answer that has begun cannot become another one: the client sees that it is cut short.
    if (response.headersSent) {
      if (!response.writableEnded) response.destroy();
      return;
    }
    response.statusCode = status;
    response.setHeader('content-type', 'application/json; charset=utf-8');
    response.end(JSON.stringify(failure));
  }

  private told(error: Error): [number, HttpFailure] {
    if (error instanceof ZodValidationException) return [400, invalid(error.getZodError() as ZodError)];
    const own = statusOf(error) ?? this.statusOf?.(error);
    if (own !== undefined) return [own, { error: kindOf(error), message: error.message }];
    return [
      500,
      { error: 'InternalFailure', message: 'the service failed at this request; its log says why' },
    ];
  }
}

/** Nest's exceptions have a status, and so have the errors of what reads bodies, which says whether they may be shown. */
function statusOf(error: Error): number | undefined {
  if (error instanceof HttpException) return error.getStatus();
  const { status, expose } = error as { status?: unknown; expose?: unknown };
  return expose === true && typeof status === 'number' ? status : undefined;
}

/** `NotFoundException` and `PayloadTooLargeError` are what others call a NotFound and a PayloadTooLarge. */
const kindOf = (error: Error): string => error.name.replace(/(?<=.)(Exception|Error)$/, '');

function invalid({ issues }: ZodError): HttpFailure {
  const lines = issues.map(({ path, message }) => `${path.join('.') || 'request'}: ${message}`);
  return { error: 'RequestInvalid', message: lines.join('; ') };
}
