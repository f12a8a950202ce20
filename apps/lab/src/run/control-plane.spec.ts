import { type Observable, NEVER, of, throwError } from 'rxjs';
import { subjectsOf } from '@faultline/contracts';
import { ControlPlane } from './control-plane';

describe('the control plane', () => {
  const asked: [subject: string, request: unknown][] = [];
  const answering = (answer: Observable<unknown>): ControlPlane =>
    new ControlPlane(
      {
        send: <T>(subject: string, request: unknown) => {
          asked.push([subject, request]);
          return answer as Observable<T>;
        },
      },
      subjectsOf('run-1'),
      { devices: [{ device: 0, iommu: 3, segment: 3 }], iommus: [], processes: [], shards: [] } as never,
    );

  test('a question goes to the subject of its laboratory', async () => {
    await expect(answering(of({ forced: false })).ask('iommu.remove', { device: 0 })).resolves.toEqual({
      forced: false,
    });
    expect(asked.at(-1)).toEqual([
      'run-1.ctl.iommu.remove',
      { device: 0, unit: 'iommu.3', ask: expect.any(String) as string },
    ]);
  });

  test.each([
    [
      throwError(() => ({ error: 'VmaOverlap', message: 'areas overlap' })),
      /^service iommu refused iommu\.attach: areas overlap \(VmaOverlap\)$/,
    ],
    [
      throwError(() => Object.assign(new Error('empty'), { name: 'EmptyResponseException' })),
      /^no service answers iommu\.attach: is iommu running\?$/,
    ],
    [NEVER, /^service iommu did not answer iommu\.attach within 0\.01 s; see its log$/],
    [throwError(() => new Error('closed')), /^asking iommu\.attach failed: closed$/],
  ])('what goes wrong is one line', async (answer, line) => {
    await expect(answering(answer).ask('iommu.attach', { device: 0 }, 10)).rejects.toThrow(line);
  });
});
