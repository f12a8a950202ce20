export { connectNats, NatsLink, type LinkOptions, type LinkStatus } from './connection';
export {
  AppendImpossible,
  JetStreamMissing,
  NatsUnreachable,
  QueueUnavailable,
  StorageUnavailable,
  StreamConfigConflict,
  type ConfigDifference,
} from './errors';
export { NatsServer, NatsServerFailed, NatsServerMissing, type NatsServerOptions } from './launcher';
export { NatsBlobs, type NatsBlobsOptions } from './nats-blobs';
export { NatsDeadLetters, type NatsDeadLettersOptions } from './nats-dead-letters';
export { NatsKv, type NatsKvOptions } from './nats-kv';
export { NatsLanes } from './nats-lanes';
export { NatsLog, type NatsLogOptions } from './nats-log';
export { jetStreamOf, natsPorts, openKv, type NatsPorts, type NatsPortsOptions } from './nats-ports';
export { NatsWork } from './nats-work';
export {
  provision,
  provisionKv,
  provisionQueue,
  removeLab,
  type KvBucketOptions,
  type Provisioned,
  type ProvisionOptions,
} from './provision';
export { Requests, RequestFailed, type RequestFailure } from './requests';
export { SystemClock } from './system-clock';
