import 'reflect-metadata';
import { type DynamicModule, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClientNats, type MicroserviceOptions, Transport } from '@nestjs/microservices';
import { runRole, type StartRole } from '../support/role';
import { NestDevice } from './device';
import { CLIENT, IommuModule, MmModule, WorkerModule } from './services';

async function connectedClient(url: string): Promise<ClientNats> {
  const client = new ClientNats({ servers: [url] });
  await client.connect();
  return client;
}

function withClient(module: Type, client: ClientNats): DynamicModule {
  class RootModule {}
  class ClientModule {}
  const shared: DynamicModule = {
    module: ClientModule,
    global: true,
    providers: [{ provide: CLIENT, useValue: client }],
    exports: [CLIENT],
  };
  return { module: RootModule, imports: [shared, module] };
}

/** A microservice on the transporter as it comes: nothing is tuned. */
function service(module: Type): StartRole {
  return async (url) => {
    const root = withClient(module, await connectedClient(url));
    const options: MicroserviceOptions = { transport: Transport.NATS, options: { servers: [url] } };
    const app = await NestFactory.createMicroservice<MicroserviceOptions>(root, {
      ...options,
      logger: ['error', 'warn'],
    });
    await app.listen();
    return undefined;
  };
}

const device: StartRole = async (url) =>
  new NestDevice(await connectedClient(url), (error) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  });

void runRole({ mm: service(MmModule), worker: service(WorkerModule), iommu: service(IommuModule), device });
