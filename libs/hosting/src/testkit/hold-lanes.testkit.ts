import type { LanePort } from '../ports';

/** From now on no lane opens before the test says so. */
export function holdLanes(lanes: LanePort): { asked: string[]; open(): void } {
  const serve = lanes.serve.bind(lanes);
  const asked: string[] = [];
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  lanes.serve = async (subject, ...more) => {
    asked.push(subject);
    await opened;
    return serve(subject, ...more);
  };
  return { asked, open: () => open() };
}
