import { type Observable, NEVER, of, throwError } from 'rxjs';
import { subjectsOf } from '@faultline/contracts';
import { ControlPlane, Unanswered } from './control-plane';

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
      throwError(() => Object.assign(new Error('empty'), { name: 'EmptyResponseException' })),
      /^no service answers iommu\.attach: is iommu running\?$/,
    ],
    [NEVER, /^service iommu did not answer iommu\.attach within 0\.01 s; see its log$/],
    [throwError(() => new Error('closed')), /^asking iommu\.attach failed: closed$/],
  ])('what goes wrong is one line', async (answer, line) => {
    await expect(answering(answer).ask('iommu.attach', { device: 0 }, 10)).rejects.toThrow(line);
  });

  /** Nobody is there for the first questions. */
  const absentFor = (questions: number, absenceMillis: number) => {
    let sent = 0;
    const absence = throwError(() => Object.assign(new Error('empty'), { name: 'EmptyResponseException' }));
    const send = <T>(): Observable<T> => (++sent > questions ? of({} as T) : (absence as Observable<T>));
    const control = new ControlPlane({ send }, subjectsOf('run-1'), absenceMillis);
    return { control, sent: () => sent };
  };

  test('a question that reaches nobody is asked again, as long as a service may be away', async () => {
    const { control, sent } = absentFor(1, 60_000);
    await expect(control.ask('iommu.attach', { device: 0 })).resolves.toEqual({});
    expect(sent()).toBe(2);
  });

  test('after that, and for a look at progress at once, it is told as unanswered', async () => {
    await expect(absentFor(9, 300).control.ask('iommu.attach', { device: 0 })).rejects.toThrow(Unanswered);
    const look = absentFor(1, 60_000);
    await expect(look.control.ask('iommu.progress', {})).rejects.toThrow(Unanswered);
    expect(look.sent()).toBe(1);
  });

  test('one that was received is not asked again: what became of it is unknown', async () => {
    const send = <T>(): Observable<T> => NEVER;
    const control = new ControlPlane({ send }, subjectsOf('run-1'), 60_000);
    await expect(control.ask('iommu.attach', { device: 0 }, 10)).rejects.toThrow(Unanswered);
  });
});
