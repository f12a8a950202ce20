import type { ClientNats } from '@nestjs/microservices';
import { EmptyResponseException } from '@nestjs/microservices/errors/empty-response.exception';
import { firstValueFrom, timeout, TimeoutError } from 'rxjs';
import type { ControlFailure, ControlVerbs, Subjects } from '@faultline/contracts';
import { RunFailed } from '../errors';

/** Time a service has for an answer, unless the caller says otherwise. */
const ANSWER_MILLIS = 10_000;

/**
 * Questions that change nothing, or nothing more when they are asked twice. When one gets lost with a server of the bus, or meets a
 * service that is just coming back to it, it is asked again.
 */
const REPEATABLE = /\.(progress|status|finish|stop)$/;
/** How long a service may be out of reach: an election in a cluster, and the way back, take less. */
const OUTAGE_MILLIS = 30_000;
const RETRY_MILLIS = 250;

/** Asks services over Nest's own transporter. A refusal becomes one line that names the question and the reason. */
export class ControlPlane {
  constructor(
    private readonly client: Pick<ClientNats, 'send'>,
    private readonly subjects: Subjects,
    private readonly outageMillis = OUTAGE_MILLIS,
  ) {}

  async ask<V extends keyof ControlVerbs>(
    verb: V,
    request: ControlVerbs[V]['request'],
    answerMillis = ANSWER_MILLIS,
  ): Promise<ControlVerbs[V]['reply']> {
    const deadline = performance.now() + (REPEATABLE.test(verb) ? this.outageMillis : 0);
    for (;;) {
      try {
        return await this.askOnce(verb, request, answerMillis);
      } catch (thrown) {
        if (isFailure(thrown) || performance.now() >= deadline)
          throw new RunFailed(refusalOf(verb, thrown, answerMillis), { cause: thrown });
        await new Promise((resolve) => setTimeout(resolve, RETRY_MILLIS));
      }
    }
  }

  private askOnce<V extends keyof ControlVerbs>(
    verb: V,
    request: ControlVerbs[V]['request'],
    answerMillis: number,
  ): Promise<ControlVerbs[V]['reply']> {
    const [service = '', name = ''] = verb.split('.');
    const subject = this.subjects.control(service, name);
    return firstValueFrom(
      this.client.send<ControlVerbs[V]['reply']>(subject, request).pipe(timeout(answerMillis)),
    );
  }
}

function refusalOf(verb: string, thrown: unknown, answerMillis: number): string {
  const service = verb.split('.')[0] ?? verb;
  if (thrown instanceof TimeoutError)
    return `service ${service} did not answer ${verb} within ${answerMillis / 1000} s; see its log`;
  if (thrown instanceof EmptyResponseException) return `no service answers ${verb}: is ${service} running?`;
  if (isFailure(thrown)) return `service ${service} refused ${verb}: ${thrown.message} (${thrown.error})`;
  return `asking ${verb} failed: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
}

function isFailure(thrown: unknown): thrown is ControlFailure {
  return (
    typeof thrown === 'object' &&
    thrown !== null &&
    'error' in thrown &&
    'message' in thrown &&
    typeof thrown.message === 'string'
  );
}
