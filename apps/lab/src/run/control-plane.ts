import type { ControlVerbs, ResolvedScenario, Subjects } from '@faultline/contracts';
import { ANSWER_MILLIS, ControlClient, ControlRefused, ControlUnanswered } from '@faultline/runtime';
import type { ClientNats } from '@nestjs/microservices';
import { RunFailed } from '../errors';

/** Asks services; what goes wrong ends the run with one line that names the question and the reason. */
export class ControlPlane {
  private readonly control: ControlClient;

  constructor(
    client: Pick<ClientNats, 'send'>,
    subjects: Subjects,
    scenario: Pick<ResolvedScenario, 'devices' | 'iommus' | 'processes' | 'shards'>,
  ) {
    this.control = new ControlClient(client, subjects, scenario);
  }

  async ask<V extends keyof ControlVerbs>(
    verb: V,
    request: ControlVerbs[V]['request'],
    answerMillis = ANSWER_MILLIS,
  ): Promise<ControlVerbs[V]['reply']> {
    try {
      return await this.control.ask(verb, request, answerMillis);
    } catch (thrown) {
      throw new RunFailed(lineOf(verb, thrown), { cause: thrown });
    }
  }
}

function lineOf(verb: string, thrown: unknown): string {
  if (thrown instanceof ControlRefused || thrown instanceof ControlUnanswered) return thrown.message;
  return `asking ${verb} failed: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
}
