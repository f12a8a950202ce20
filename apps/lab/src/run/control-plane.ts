import type { ClientNats } from '@nestjs/microservices';
import { firstValueFrom, timeout, TimeoutError } from 'rxjs';
import type { ControlFailure, ControlVerbs, Subjects } from '@faultline/contracts';
import { RunFailed } from '../errors';

/** Time a service has for an answer, unless the caller says otherwise. */
const ANSWER_MILLIS = 10_000;
/** Pause before a question that nobody was there to receive is asked again. */
const AGAIN_MILLIS = 250;

/** A question got no answer: whether it was received is unknown. */
export class Unanswered extends RunFailed {}

/** Asks services over Nest's own transporter. A refusal becomes one line that names the question and the reason. */
export class ControlPlane {
  constructor(
    private readonly client: Pick<ClientNats, 'send'>,
    private readonly subjects: Subjects,
    /** How long a service may be away, as while it is started again; a question that reaches nobody is asked again so long. */
    private readonly absenceMillis = 0,
  ) {}

  async ask<V extends keyof ControlVerbs>(
    verb: V,
    request: ControlVerbs[V]['request'],
    answerMillis = ANSWER_MILLIS,
  ): Promise<ControlVerbs[V]['reply']> {
    const [service = '', name = ''] = verb.split('.');
    const subject = this.subjects.control(service, name);
    // Who looks at progress looks again soon, and wants to do other things meanwhile.
    const deadline = performance.now() + (name === 'progress' ? 0 : this.absenceMillis);
    for (;;) {
      try {
        return await firstValueFrom(
          this.client.send<ControlVerbs[V]['reply']>(subject, request).pipe(timeout(answerMillis)),
        );
      } catch (thrown) {
        // Nobody received it, so that asking again has the effect of asking once.
        if (!isAbsence(thrown) || performance.now() >= deadline) throw failureOf(verb, thrown, answerMillis);
      }
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MILLIS));
    }
  }
}

function failureOf(verb: string, thrown: unknown, answerMillis: number): RunFailed {
  const message = refusalOf(verb, thrown, answerMillis);
  const silent = thrown instanceof TimeoutError || isAbsence(thrown);
  return silent ? new Unanswered(message, { cause: thrown }) : new RunFailed(message, { cause: thrown });
}

function isAbsence(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.name === 'EmptyResponseException';
}

function refusalOf(verb: string, thrown: unknown, answerMillis: number): string {
  const service = verb.split('.')[0] ?? verb;
  if (thrown instanceof TimeoutError)
    return `service ${service} did not answer ${verb} within ${answerMillis / 1000} s; see its log`;
  if (isAbsence(thrown)) return `no service answers ${verb}: is ${service} running?`;
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
