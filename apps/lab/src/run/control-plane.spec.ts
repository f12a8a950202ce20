import { EmptyResponseException } from '@nestjs/microservices/errors/empty-response.exception';
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
    );

  test('a question goes to the subject of its laboratory', async () => {
    await expect(answering(of({ mm: 4 })).ask('mm-handler.create', {} as never)).resolves.toEqual({ mm: 4 });
    expect(asked.at(-1)).toEqual(['run-1.ctl.mm-handler.create', {}]);
  });

  test.each([
    [
      throwError(() => ({ error: 'VmaOverlap', message: 'areas overlap' })),
      /^service iommu refused iommu\.attach: areas overlap \(VmaOverlap\)$/,
    ],
    [
      throwError(() => new EmptyResponseException('iommu.attach')),
      /^no service answers iommu\.attach: is iommu running\?$/,
    ],
    [NEVER, /^service iommu did not answer iommu\.attach within 0\.01 s; see its log$/],
    [throwError(() => new Error('closed')), /^asking iommu\.attach failed: closed$/],
  ])('what goes wrong is one line', async (answer, line) => {
    await expect(answering(answer).ask('iommu.attach', { device: 0 }, 10)).rejects.toThrow(line);
  });

  describe('a question that may be asked twice', () => {
    const lost = throwError(() => 'Connection lost. Trying to reconnect...');
    const sequence = (answers: Observable<unknown>[], outageMillis: number): [ControlPlane, () => number] => {
      let count = 0;
      const send = <T>() => (answers[Math.min(count++, answers.length - 1)] ?? NEVER) as Observable<T>;
      return [new ControlPlane({ send }, subjectsOf('run-1'), outageMillis), () => count];
    };

    test('is asked again while the service is out of reach', async () => {
      const nobody = throwError(() => new EmptyResponseException('iommu.progress'));
      const [control, count] = sequence([lost, nobody, NEVER, of({ drained: true })], 10_000);
      await expect(control.ask('iommu.progress', {}, 10)).resolves.toEqual({ drained: true });
      expect(count()).toBe(4);
    });

    test('is not asked again when it was refused, or for ever', async () => {
      const [refusing, refusals] = sequence([throwError(() => ({ error: 'E', message: 'no' }))], 10_000);
      await expect(refusing.ask('iommu.progress', {})).rejects.toThrow(/refused iommu.progress: no/);
      const [silent] = sequence([lost], 300);
      await expect(silent.ask('iommu.progress', {})).rejects.toThrow(/Connection lost/);
      const [once, asks] = sequence([lost, of({})], 10_000);
      await expect(once.ask('iommu.attach', { device: 0 })).rejects.toThrow(/Connection lost/);
      expect([refusals(), asks()]).toEqual([1, 1]);
    });
  });
});
