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
});
