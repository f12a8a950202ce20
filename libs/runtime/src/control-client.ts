import { randomUUID } from 'node:crypto';
import {
  type ControlFailure,
  type ControlVerbs,
  type ResolvedScenario,
  type Subjects,
  unitsAsked,
} from '@faultline/contracts';
import type { ClientNats } from '@nestjs/microservices';
import { EmptyResponseException } from '@nestjs/microservices/errors/empty-response.exception';
import {
  catchError,
  EMPTY,
  firstValueFrom,
  interval,
  merge,
  mergeMap,
  type Observable,
  of,
  timeout,
  TimeoutError,
} from 'rxjs';

/** Time there is for an answer, in milliseconds, unless the caller says otherwise. */
export const ANSWER_MILLIS = 10_000;
/**
 * How often a question is asked again, in milliseconds: the owner that heard it may be dead, and its successor has heard nothing. Short
 * against the lease, so that a takeover is what takes the time.
 */
const REPEAT_MILLIS = 1_000;

/** What a service says that does not have what is asked for any more, or not yet. */
const BETWEEN_OWNERS = new Set([
  ...['UnitClosed', 'UnitNotHere', 'Deposed', 'AppendRefused'],
  ...['RecordNotOpen', 'NotWorking'],
]);

/** A service refused a control request, for a reason that asking again does not change. */
export class ControlRefused extends Error {
  constructor(
    readonly verb: string,
    readonly failure: ControlFailure,
    options?: ErrorOptions,
  ) {
    super(`service ${serviceOf(verb)} refused ${verb}: ${failure.message} (${failure.error})`, options);
    this.name = 'ControlRefused';
  }
}

/** No answer came, whoever is there to give one. */
export class ControlUnanswered extends Error {
  constructor(
    readonly verb: string,
    readonly answerMillis: number,
    /** Nobody even listened. */
    readonly isDeserted: boolean,
    options?: ErrorOptions,
  ) {
    super(
      isDeserted
        ? `no service answers ${verb}: is ${serviceOf(verb)} running?`
        : `service ${serviceOf(verb)} did not answer ${verb} within ${answerMillis / 1000} s; see its log`,
      options,
    );
    this.name = 'ControlUnanswered';
  }
}

/**
 * Asks services over Nest's own transporter. Every replica of a service hears a question, and the owner of the unit that it is for
 * answers; until one does the question is asked again. Questions about no unit in particular go to all of them, and numbers in the
 * answers are added up.
 */
export class ControlClient {
  constructor(
    private readonly client: Pick<ClientNats, 'send'>,
    private readonly subjects: Subjects,
    private readonly scenario: Pick<ResolvedScenario, 'devices' | 'iommus' | 'processes' | 'shards'>,
    /** How long it may be that nobody listens, in milliseconds; default: as long as there is for an answer. */
    private readonly desertedMillis = Infinity,
  ) {}

  /** Rejects with {@link ControlRefused}, {@link ControlUnanswered}, or what the transporter makes of its own troubles. */
  async ask<V extends keyof ControlVerbs>(
    verb: V,
    request: ControlVerbs[V]['request'],
    answerMillis = ANSWER_MILLIS,
  ): Promise<ControlVerbs[V]['reply']> {
    const units = unitsAsked(verb, request, this.scenario);
    const asked: (string | undefined)[] = units.length > 0 ? units : [undefined];
    const replies = await Promise.all(asked.map((unit) => this.askOne(verb, request, unit, answerMillis)));
    return (replies.length === 1 ? replies[0] : together(replies as object[])) as ControlVerbs[V]['reply'];
  }

  private async askOne(
    verb: string,
    request: object,
    unit: string | undefined,
    answerMillis: number,
  ): Promise<unknown> {
    const [service = '', name = ''] = verb.split('.');
    const subject = this.subjects.control(service, name);
    const question = { ...request, unit, ask: randomUUID() };
    const begunMillis = performance.now();
    let isDeserted = false;
    const once = (): Observable<unknown> =>
      this.client.send<unknown>(subject, question).pipe(
        catchError((thrown: unknown) => {
          isDeserted = isNobody(thrown);
          const millis = performance.now() - begunMillis;
          if (isDeserted && millis >= this.desertedMillis)
            throw new ControlUnanswered(verb, millis, true, { cause: thrown });
          if (isDeserted || isBetweenOwners(thrown) || isOutage(thrown)) return EMPTY;
          throw thrown;
        }),
      );
    try {
      return await firstValueFrom(
        merge(of(0), interval(REPEAT_MILLIS)).pipe(mergeMap(once), timeout({ first: answerMillis })),
      );
    } catch (thrown) {
      if (thrown instanceof TimeoutError)
        throw new ControlUnanswered(verb, answerMillis, isDeserted, { cause: thrown });
      if (isFailure(thrown)) throw new ControlRefused(verb, thrown, { cause: thrown });
      throw thrown;
    }
  }
}

/** One answer of several: what is counted is added up, what is listed stands together, what has to hold holds if it does everywhere. */
function together(replies: readonly object[]): object {
  const sum: Record<string, unknown> = {};
  for (const reply of replies)
    for (const [name, value] of Object.entries(reply) as [string, unknown][]) {
      const before = sum[name];
      if (typeof value === 'number' && typeof before === 'number') sum[name] = before + value;
      else if (typeof value === 'boolean' && typeof before === 'boolean') sum[name] = before && value;
      else if (Array.isArray(value) && Array.isArray(before))
        sum[name] = [...(before as unknown[]), ...(value as unknown[])];
      else sum[name] = value;
    }
  return sum;
}

function serviceOf(verb: string): string {
  return verb.split('.')[0] ?? verb;
}

function isNobody(thrown: unknown): boolean {
  return thrown instanceof EmptyResponseException;
}

function isBetweenOwners(thrown: unknown): boolean {
  return isFailure(thrown) && BETWEEN_OWNERS.has(thrown.error);
}

/** The transporter's way to say that its connection is down, which its client opens again; nothing was sent. */
function isOutage(thrown: unknown): boolean {
  return typeof thrown === 'string' && thrown.includes('Connection lost');
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
