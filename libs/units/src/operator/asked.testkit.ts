import type { Asker } from './asker';

/** A control plane that keeps what it was asked. Generations are 10 + PASID, and 20 + PASID after a rebind. */
export function askedControl(replies: Record<string, unknown> = {}) {
  const asked: [verb: string, request: unknown][] = [];
  const millis: (number | undefined)[] = [];
  const ask = (
    verb: string,
    request: { mm?: number; pasid?: number },
    answerMillis?: number,
  ): Promise<unknown> => {
    asked.push([verb, request]);
    millis.push(answerMillis);
    if (verb in replies) {
      const reply = replies[verb];
      return reply instanceof Error ? Promise.reject(reply) : Promise.resolve(reply);
    }
    if (verb === 'mm-handler.create') return Promise.resolve({ mm: request.mm });
    const base = { 'mm-handler.bind': 10, 'mm-handler.rebind': 20 }[verb];
    return Promise.resolve(base === undefined ? {} : { generation: base + (request.pasid ?? 0), shard: 0 });
  };
  return { asked, millis, control: { ask } as unknown as Asker };
}
