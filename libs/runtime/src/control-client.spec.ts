import { subjectsOf } from '@faultline/contracts';
import { EmptyResponseException } from '@nestjs/microservices/errors/empty-response.exception';
import { of, throwError } from 'rxjs';
import { rejectionOf } from '../../hosting/src/testkit/eventually.testkit';
import { ControlClient, ControlRefused, ControlUnanswered } from './control-client';

const scenario = {
  devices: [],
  iommus: [{ iommu: 0 }],
  processes: [],
  shards: [],
} as unknown as ConstructorParameters<typeof ControlClient>[2];
const answer = { pendingGroups: 1, ringRecords: 0, openStalls: 0, overflows: 0, drained: false };

/** A client whose transporter fails first, and then answers. */
const after = (...failures: unknown[]): ControlClient => {
  const send = () => {
    const [failure] = failures.splice(0, 1);
    return failure === undefined ? of(answer) : throwError(() => failure);
  };
  return new ControlClient({ send: send as never }, subjectsOf('lab'), scenario);
};

describe('a question is asked again', () => {
  it.each([
    ['while nobody listens', new EmptyResponseException('lab.ctl.iommu.progress')],
    ['while there is no connection', 'Error: Connection lost. Trying to reconnect...'],
    ['while the unit has no owner', { error: 'UnitNotHere', message: 'not here' }],
    ['while the event log is being started again', { error: 'RecordNotOpen', message: 'not open yet' }],
    ['while a worker has not begun', { error: 'NotWorking', message: 'drains no queue yet' }],
  ])('%s', async (_, failure) => {
    expect(await after(failure).ask('iommu.progress', {})).toEqual(answer);
  });
});

it('of several units is answered as one: counts are added up, lists stand together, and what holds holds everywhere', async () => {
  const shards = [{ shard: 0 }, { shard: 1 }];
  const answers = [
    { openRuns: 1, drained: true, locks: [{ mm: 0, taken: 5 }] },
    { openRuns: 2, drained: false, locks: [{ mm: 1, taken: 7 }] },
  ];
  const send = () => of(answers.shift());
  const client = new ControlClient({ send: send as never }, subjectsOf('lab'), {
    ...scenario,
    shards,
  } as never);
  expect(await client.ask('mm-handler.progress', {})).toEqual({
    openRuns: 3,
    drained: false,
    locks: [
      { mm: 0, taken: 5 },
      { mm: 1, taken: 7 },
    ],
  });
});

it('is refused at once for any other reason', async () => {
  const refused = after({ error: 'PasidInUse', message: 'PASID 1 is in use' }).ask('iommu.progress', {});
  expect(await rejectionOf(refused)).toBeInstanceOf(ControlRefused);
});

it('says after its time that nobody listens', async () => {
  const nobody = new EmptyResponseException('lab.ctl.iommu.progress');
  const unanswered = await rejectionOf(after(nobody, nobody, nobody).ask('iommu.progress', {}, 300));
  expect(unanswered).toBeInstanceOf(ControlUnanswered);
  expect(unanswered).toMatchObject({ message: 'no service answers iommu.progress: is iommu running?' });
});
