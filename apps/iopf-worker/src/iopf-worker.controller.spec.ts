import { ControlFailureFilter, ControlServer, controlOptions, createControlClient } from '@faultline/runtime';
import type { INestMicroservice } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { firstValueFrom } from 'rxjs';
import { TestServer } from '../../../libs/messaging/src/testkit/server.testkit';
import { IopfWorkerController } from './iopf-worker.controller';
import { IopfWorkerService } from './iopf-worker.service';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
}, 30_000);
afterAll(() => server.stop());

/** A worker of the laboratory `lab` that handles nothing, and notes what it was asked. */
async function worker(name: string, asked: number[]): Promise<INestMicroservice> {
  const redrive = (_subject: string, sequence: number) => {
    asked.push(sequence);
    return Promise.resolve({ worker: name, poisoned: false });
  };
  const module = await Test.createTestingModule({
    controllers: [IopfWorkerController],
    providers: [{ provide: IopfWorkerService, useValue: { redrive } }],
  }).compile();
  const app = module.createNestMicroservice({
    strategy: new ControlServer('lab', controlOptions([server.url], name)),
  });
  app.useGlobalFilters(new ControlFailureFilter({ warn: () => undefined } as never));
  await app.listen();
  return app;
}

test('what is to be handled again goes to one of the workers', async () => {
  const asked: number[] = [];
  const workers = [await worker('one', asked), await worker('two', asked)];
  const client = createControlClient([server.url], 'test');
  await client.connect();
  const sequences = Array.from({ length: 20 }, (_, place) => place);
  for (const sequence of sequences) {
    const request = { subject: 'lab.log.iommu.0.queue.q', sequence };
    expect(await firstValueFrom(client.send('lab.ctl.iopf-worker.redrive', request))).toMatchObject({
      poisoned: false,
    });
  }
  for (const each of workers) await each.close();
  await client.close();
  expect(asked).toEqual(sequences);
});
