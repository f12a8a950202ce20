import type { SpanIdentity } from '@faultline/contracts';
import type { RequestRecord, StallDeferred, StallEnded, StallRecorded } from '@faultline/domain';
import { FAULTLINE } from './span';
import type { SentMessage } from './sent-message';
import { faultName, type SpanMaker } from './span-maker';

/** A held transaction that is traced, in the round that it is in. */
interface OpenStall {
  root: SpanIdentity;
  record: RequestRecord;
  /** When the round began: the first with its sending, each other one with the IOMMU's retry that missed. */
  sinceMicros: number;
  respondedAtMicros: number | undefined;
  /** Its record was readable (R39). */
  isRecorded: boolean;
}

/** The transactions that one IOMMU holds, which it retries itself: each round is a fault of its own, and they lie end to end. */
export class StallTraces {
  private readonly open = new Map<number, OpenStall>();

  constructor(private readonly maker: SpanMaker) {}

  /** The round that a request is in; 0 for what is no stall. */
  roundOf(request: number): number {
    return this.open.size === 0 ? 0 : (this.open.get(request)?.record.round ?? 0);
  }

  /** An owner before held it. */
  adopt(record: RequestRecord): OpenStall {
    const { segment, segmentEpoch, request, round: stallRound, sentAtMicros, writtenAtMicros } = record;
    const root = this.maker.sampler.rootOf({ segment, segmentEpoch, request, stallRound });
    const sinceMicros = stallRound === 0 ? sentAtMicros : writtenAtMicros;
    const stall: OpenStall = { root, record, sinceMicros, respondedAtMicros: undefined, isRecorded: false };
    this.open.set(request, stall);
    return stall;
  }

  /**
   * A round begins, or its record is readable at last (R39). `first` is what the log has told of the round before: a queue message stands
   * before the `hw` message of its cycle (D5).
   */
  written(event: StallRecorded | StallDeferred, first: RequestRecord, message: SentMessage): void {
    const { request, round, writtenAtMicros } = event;
    const before = this.open.get(request);
    if (before && before.record.round < round) {
      message.tells(before.root);
      this.end(before, 'stalled-again', first.writtenAtMicros, message);
    }
    const stall = before?.record.round === round ? before : this.adopt(first);
    message.tells(stall.root);
    if (event.kind === 'StallDeferred') return;
    stall.isRecorded = true;
    this.arrive(stall, writtenAtMicros, message);
  }

  responded(request: number, atMicros: number): void {
    const stall = this.open.get(request);
    if (stall) stall.respondedAtMicros = atMicros;
  }

  ended(event: StallEnded, message: SentMessage): void {
    const { segment, segmentEpoch, request, rounds, outcome, endedAtMicros } = event;
    const stall = this.open.get(request);
    if (stall?.record.segmentEpoch === segmentEpoch) {
      this.open.delete(request);
      message.tells(stall.root);
      return this.end(stall, outcome, endedAtMicros, message);
    }
    message.tells(this.maker.sampler.rootOf({ segment, segmentEpoch, request, stallRound: rounds - 1 }));
  }

  private arrive({ root, sinceMicros }: OpenStall, writtenAtMicros: number, message: SentMessage): void {
    message.stage(root, {
      name: 'device -> IOMMU',
      startMicros: sinceMicros,
      endMicros: writtenAtMicros,
      attributes: { [FAULTLINE.stage]: 'deviceToIommu' },
    });
  }

  private end(stall: OpenStall, settlement: string, endMicros: number, message: SentMessage): void {
    const { root, record, sinceMicros, respondedAtMicros } = stall;
    if (!stall.isRecorded) this.arrive(stall, record.writtenAtMicros, message);
    if (respondedAtMicros !== undefined && respondedAtMicros <= endMicros)
      message.stage(root, {
        name: 'retry',
        startMicros: respondedAtMicros,
        endMicros,
        attributes: { [FAULTLINE.stage]: 'retry' },
      });
    message.root(root, {
      name: 'fault',
      startMicros: sinceMicros,
      endMicros,
      attributes: {
        [FAULTLINE.fault]: faultName({ ...record, stallRound: record.round }),
        [FAULTLINE.model]: 'stall',
        [FAULTLINE.device]: record.device,
        [FAULTLINE.pasid]: record.pasid,
        [FAULTLINE.page]: record.page,
        [FAULTLINE.round]: record.round,
        [FAULTLINE.groupId]: record.groupId,
        [FAULTLINE.settlement]: settlement,
      },
      error: settlement === 'aborted' ? settlement : undefined,
    });
  }
}
