import { type HandledAt, type HandleReply, handleSchema, mmSchema, type Sender } from '@faultline/contracts';
import { type MmEvent, ResponseCode } from '@faultline/domain';
import { CycleWriter } from './cycle-writer';
import { fail, journalOf, type SkeletonPorts } from './ports';

const SENDER: Sender = { kind: 'Sender', unit: 'mm.0', epoch: 1 };

/** Says of every page that it was installed, and answers when the log holds it. */
export async function startMm(ports: SkeletonPorts): Promise<undefined> {
  const { lanes, subjects, clock } = ports;
  const subject = subjects.mmLog(0);
  const cycle = new CycleWriter<MmEvent>(ports, journalOf(ports, 'mm.0'), (events) => [
    [{ subject, schema: mmSchema, body: mmSchema.encode(events) }],
  ]);
  const handle = async (body: Uint8Array): Promise<Uint8Array> => {
    const handlingAtMicros = clock.nowMicros();
    const events: MmEvent[] = [];
    const replies: HandleReply[] = [];
    for (const record of handleSchema.decode(body)) {
      if (record.kind !== 'HandleRequest') continue;
      const members = record.members.map(({ page, permissions }) => {
        events.push({
          kind: 'PageInstalled',
          mm: 1,
          page,
          frame: page,
          permissions,
          cause: 'zero-fill',
          major: false,
          prefetched: false,
        });
        return { resolution: 'minor' as const, error: 'none' as const };
      });
      replies.push({
        kind: 'HandleReply',
        run: record.run,
        code: ResponseCode.SUCCESS,
        handlingAtMicros,
        handledAtMicros: handlingAtMicros,
        members,
      });
    }
    await cycle.write(events);
    const handledAtMicros = clock.nowMicros();
    for (const reply of replies) reply.handledAtMicros = handledAtMicros;
    const at: HandledAt = { kind: 'HandledAt', shard: 0, sequence: cycle.lastSequence };
    return handleSchema.encode(replies, [SENDER, at]);
  };
  await lanes.serve(subjects.handle(0), handle, fail);
  return undefined;
}
