import type { ControlVerbs, ResolvedScenario, Subjects } from '@faultline/contracts';
import { ANSWER_MILLIS, ControlClient, ControlRefused, ControlUnanswered } from '@faultline/runtime';
import type { ClientNats } from '@nestjs/microservices';
import { RunFailed } from '../errors';

/** Questions that only tell how far something is. */
type Look = 'device-emulator.progress' | 'iommu.progress' | 'mm-handler.progress';

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
    /** After so long without anybody who listens, a question is given up even before that. */
    desertedMillis?: number,
  ) {
    this.control = new ControlClient(client, subjects, scenario, desertedMillis);
  }

  /** Asks for so long, and as long as a unit may be without an owner. Rejects with {@link Unanswered} and other `RunFailed`. */
  ask<V extends keyof ControlVerbs>(
    verb: V,
    request: ControlVerbs[V]['request'],
    answerMillis = ANSWER_MILLIS,
  ): Promise<ControlVerbs[V]['reply']> {
    return this.put(verb, request, Math.max(answerMillis, this.absenceMillis));
  }

  /**
   * Looks how far things are. Waits for no owner: who looks looks again soon, and wants to do other things meanwhile. Rejects like
   * {@link ask}.
   */
  look<V extends Look>(verb: V, answerMillis = ANSWER_MILLIS): Promise<ControlVerbs[V]['reply']> {
    return this.put(verb, {}, answerMillis);
  }

  private async put<V extends keyof ControlVerbs>(
    verb: V,
    request: ControlVerbs[V]['request'],
    patienceMillis: number,
  ): Promise<ControlVerbs[V]['reply']> {
    try {
      return await this.control.ask(verb, request, patienceMillis);
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
