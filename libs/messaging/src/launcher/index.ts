export { NatsServerFailed, NatsServerMissing } from './errors';
export { locateNatsServer } from './locate';
export { NatsServer, type NatsServerExit, type NatsServerOptions } from './nats-server';
