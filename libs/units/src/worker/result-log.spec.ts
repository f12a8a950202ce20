import { iopfSchema } from '@faultline/contracts';
import { type GroupHandled, ResponseCode } from '@faultline/domain';
import { type LogMessage } from '@faultline/hosting';
import { type UnitPorts } from '../common';
import { eventually } from '../../../hosting/src/testkit/eventually.testkit';
import { MemoryUnitPorts } from '../testkit/memory-unit.testkit';
import { ResultLog } from './result-log';

const resultOf = (group: number): GroupHandled => ({
  kind: 'GroupHandled',
  iommu: 0,
  epoch: 1,
  group,
  device: 0,
  code: ResponseCode.SUCCESS,
  startedAtMicros: 1,
  handlingAtMicros: 1,
  handledAtMicros: 1,
  members: [],
  positions: [],
});

it('keeps the results of a worker that was started again under its name apart from those before', async () => {
  const ports = new MemoryUnitPorts();
  const log: LogMessage[] = [];
  const following = await ports.log.follow({
    subject: ports.subjects.iopfLog(0),
    fromSequence: 1,
    onMessage: (message) => log.push(message),
    onError: (error) => ports.fail(error),
  });
  let done = 0;
  for (const session of ['first', 'second']) {
    const config = { ...ports.config, instance: 'iopf-worker-1', session };
    const asStarted: UnitPorts = Object.create(ports, { config: { value: config } });
    new ResultLog(asStarted).append(resultOf(done + 1), () => (done += 1));
    await eventually(`the result of the ${session} process`, () => {
      ports.clock.advance(1_000);
      return done === (session === 'first' ? 1 : 2);
    });
  }
  const groups = log.flatMap(({ body }) => iopfSchema.decode(body).map((each) => each.group));
  expect(groups).toEqual([1, 2]);
  expect(ports.failures).toEqual([]);
  await following.stop();
});
