/**
 * Every subject and name on the bus, in one place. `lab` names one laboratory, so that several share a server.
 */

/** The name of a laboratory: what NATS allows in a subject token and a stream name, kept short. */
export const LAB_NAME = /^[a-z0-9][a-z0-9-]{0,39}$/;

/** Subjects of one laboratory. Those of units are texts that are made once: every message has one, by which much is looked up. */
export interface Subjects {
  /** Everything in the log. */
  readonly allLog: string;
  /** The laboratory's own events: scenario loaded, run ended. */
  readonly labLog: string;
  queueLog(iommu: number, queue: string): string;
  /** One IOPF queue over all IOMMUs: what its workers drain. */
  queueLogAnyIommu(queue: string): string;
  hwLog(iommu: number): string;
  /** Everything one IOMMU writes: queue messages and `hw`. */
  iommuLog(iommu: number): string;
  iopfLog(iommu: number): string;
  mmLog(shard: number): string;
  readonly mmLogAny: string;
  segmentLog(segment: number): string;
  translate(iommu: number): string;
  pageRequest(iommu: number): string;
  invalidateIommu(iommu: number): string;
  invalidateSegment(segment: number): string;
  /** Where an IOMMU asks devices to stop their work for a PASID. */
  stopSegment(segment: number): string;
  handle(shard: number): string;
  /** Control plane of a service, for Nest's NATS transporter. */
  control(service: string, verb: string): string;
  dead(unit: string): string;
  /** Where it is noted, among the dead letters, that one of them was replayed. */
  replayed(letter: number): string;
  readonly allDead: string;
}

export function subjectsOf(lab: string): Subjects {
  if (!LAB_NAME.test(lab)) throw new InvalidLabName(lab);
  const queueLogs = remembered((queue: string) =>
    remembered((iommu: number) => `${lab}.log.iommu.${iommu}.queue.${queue}`),
  );
  return {
    allLog: `${lab}.log.>`,
    labLog: `${lab}.log.lab`,
    queueLog: (iommu, queue) => queueLogs(queue)(iommu),
    queueLogAnyIommu: (queue) => `${lab}.log.iommu.*.queue.${queue}`,
    hwLog: remembered((iommu: number) => `${lab}.log.iommu.${iommu}.hw`),
    iommuLog: remembered((iommu: number) => `${lab}.log.iommu.${iommu}.>`),
    iopfLog: remembered((iommu: number) => `${lab}.log.iopf.${iommu}`),
    mmLog: remembered((shard: number) => `${lab}.log.mm.${shard}`),
    mmLogAny: `${lab}.log.mm.*`,
    segmentLog: remembered((segment: number) => `${lab}.log.segment.${segment}`),
    translate: remembered((iommu: number) => `${lab}.cmd.iommu.${iommu}.translate`),
    pageRequest: remembered((iommu: number) => `${lab}.cmd.iommu.${iommu}.page-request`),
    invalidateIommu: remembered((iommu: number) => `${lab}.cmd.iommu.${iommu}.invalidate`),
    invalidateSegment: remembered((segment: number) => `${lab}.cmd.segment.${segment}.invalidate`),
    stopSegment: remembered((segment: number) => `${lab}.cmd.segment.${segment}.stop`),
    handle: remembered((shard: number) => `${lab}.cmd.mm.${shard}.handle`),
    control: (service, verb) => `${lab}.ctl.${service}.${verb}`,
    dead: (unit) => `${lab}.dead.${unit}`,
    replayed: (letter) => `${lab}.dead.replayed.${letter}`,
    allDead: `${lab}.dead.>`,
  };
}

/** Makes each value once. */
function remembered<Key, Value>(make: (key: Key) => Value): (key: Key) => Value {
  const known = new Map<Key, Value>();
  return (key) => {
    let value = known.get(key);
    if (value === undefined) known.set(key, (value = make(key)));
    return value;
  };
}

/** Name of the JetStream stream that is the laboratory's log. */
export const logStream = (lab: string): string => `FAULTLINE_${lab}`;
/** Name of the stream that keeps dead letters. */
export const deadStream = (lab: string): string => `FAULTLINE_${lab}_DEAD`;
/** Name of the key-value bucket with the leases and members of a laboratory. */
export const ownersBucket = (lab: string): string => `FAULTLINE_${lab}_OWNERS`;
/** Name of the key-value bucket with the published heads of the record's hash chain. */
export const headsBucket = (lab: string): string => `FAULTLINE_${lab}_HEADS`;
/** Prefix of the keys under which heads of the hash chain are published. */
export const HEAD_PREFIX = 'head.';
/** Key of the head that was published at a position of the log. */
export const headKey = (position: number): string => `${HEAD_PREFIX}${position}`;
/** Name of the object store with the snapshots of a laboratory's units. */
export const snapshotBucket = (lab: string): string => `FAULTLINE_${lab}_SNAPSHOTS`;
/** Name of the key-value bucket that says which snapshot of each unit counts, and from where on the log is held. */
export const snapshotIndexBucket = (lab: string): string => `FAULTLINE_${lab}_SNAPSHOT_INDEX`;
/** Name of the key-value bucket, one a server, that says which laboratory the standing services of a site serve. */
export const SITES_BUCKET = 'FAULTLINE_SITES';
/** Where the services that stand at a site say that they are there, whichever laboratory they serve. No laboratory has such a subject. */
export const sitePresence = (site: string): string => `${site}.site.presence`;
/** A stream of a laboratory, buckets of keys and of objects included; the laboratory's name is the first group. */
const LAB_STREAM = /^(?:KV_|OBJ_)?FAULTLINE_([a-z0-9][a-z0-9-]{0,39})(?:_[A-Z0-9_-]+)?$/;
/** The laboratory a stream belongs to, or `undefined` when it is none of Faultline's. */
export const labOfStream = (stream: string): string | undefined => LAB_STREAM.exec(stream)?.[1];
/** Name of the durable consumer that the workers of an IOPF queue share. */
export const queueConsumer = (queue: string): string => `iopf-${queue}`;
/** A laboratory name that cannot be a subject token. */
export class InvalidLabName extends Error {
  constructor(readonly lab: string) {
    super(
      `laboratory name '${lab}' is not usable: expected 1 to 40 of a-z, 0-9 and '-', not starting with '-'`,
    );
    this.name = 'InvalidLabName';
  }
}
