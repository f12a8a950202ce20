export { describeDurability, type Durability } from './config';
export { NatsServerFailed, NatsServerMissing } from './errors';
export { freePorts } from './free-ports';
export { locateNatsServer } from './locate';
export { NatsCluster, type NatsClusterOptions } from './nats-cluster';
export { NatsServer, type NatsServerExit, type NatsServerOptions } from './nats-server';
export { findProgram, foldersOfPath } from './programs';
