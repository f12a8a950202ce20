import type { ControlVerbs, ResolvedScenario, Subjects } from '@faultline/contracts';
import { ANSWER_MILLIS, ControlClient, ControlRefused, ControlUnanswered } from '@faultline/runtime';
import type { ClientNats } from '@nestjs/microservices';
import { RunFailed } from '../errors';

/** A question got no answer: whether it was received is unknown. */
export class Unanswered extends RunFailed {}

/** Asks services; what goes wrong ends the run with one line that names the question and the reason. */
export class ControlPlane {
  private readonly control: ControlClient;

  constructor(
    client: Pick<ClientNats, 'send'>,
    subjects: Subjects,
    scenario: Pick<ResolvedScenario, 'devices' | 'iommus' | 'processes' | 'shards'>,
    /** How long a unit may be without an owner, as while a service is started again; nothing is given up before. */
    private readonly absenceMillis = 0,
  ) {
    this.control = new ControlClient(client, subjects, scenario);
  }

  async ask<V extends keyof ControlVerbs>(
    verb: V,
    request: ControlVerbs[V]['request'],
    answerMillis = ANSWER_MILLIS,
  ): Promise<ControlVerbs[V]['reply']> {
    // Who looks at progress looks again soon, and wants to do other things meanwhile.
    const patience = verb.endsWith('.progress') ? answerMillis : Math.max(answerMillis, this.absenceMillis);
    try {
      return await this.control.ask(verb, request, patience);
    } catch (thrown) {
      throw failureOf(verb, thrown);
    }
  }
}

function failureOf(verb: string, thrown: unknown): RunFailed {
  if (thrown instanceof ControlUnanswered) return new Unanswered(thrown.message, { cause: thrown });
  if (thrown instanceof ControlRefused) return new RunFailed(thrown.message, { cause: thrown });
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  return new RunFailed(`asking ${verb} failed: ${reason}`, { cause: thrown });
}
