import type { ClientNats } from '@nestjs/microservices';
import { EmptyResponseException } from '@nestjs/microservices/errors/empty-response.exception';
import { firstValueFrom, timeout, TimeoutError } from 'rxjs';
import type { ControlFailure, ControlVerbs, Subjects } from '@faultline/contracts';
import { RunFailed } from '../errors';

/** Time a service has for an answer, unless the caller says otherwise. */
const ANSWER_MILLIS = 10_000;

/** Asks services over Nest's own transporter. A refusal becomes one line that names the question and the reason. */
export class ControlPlane {
  constructor(
    private readonly client: Pick<ClientNats, 'send'>,
    private readonly subjects: Subjects,
  ) {}

  async ask<V extends keyof ControlVerbs>(
    verb: V,
    request: ControlVerbs[V]['request'],
    answerMillis = ANSWER_MILLIS,
  ): Promise<ControlVerbs[V]['reply']> {
    const [service = '', name = ''] = verb.split('.');
    const subject = this.subjects.control(service, name);
    try {
      return await firstValueFrom(
        this.client.send<ControlVerbs[V]['reply']>(subject, request).pipe(timeout(answerMillis)),
      );
    } catch (thrown) {
      throw new RunFailed(refusalOf(verb, thrown, answerMillis), { cause: thrown });
    }
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
