import { EventRing } from './event-ring';

const names = (ring: EventRing, id: string) => ring.after(id)?.map(({ name }) => name);

it('gives what came after an event that it has, or that came just before them', () => {
  const ring = new EventRing(3);
  const before = ring.latest('state', {});
  const [one, two] = [ring.add('one', { at: 1 }), ring.add('two', {})];
  expect([before.id, one.id, two.id].map((id) => names(ring, id))).toEqual([['one', 'two'], ['two'], []]);
  ring.add('three', {});
  expect(names(ring, before.id)).toEqual(['one', 'two', 'three']);
  ring.add('four', {});
  // What was sent in its place before the first that is kept is known; what came before that is not.
  expect([before.id, one.id].map((id) => names(ring, id))).toEqual([undefined, ['two', 'three', 'four']]);
  expect(names(ring, ring.latest('state', {}).id)).toEqual([]);
});

it('knows nothing of events of another process, of its own future, or of what is no id', () => {
  const ring = new EventRing(3);
  const { id } = ring.add('one', {});
  const other = new EventRing(3).add('one', {}).id;
  for (const asked of [other, id.replace(/1$/, '2'), id.replace(/-\d+$/, ''), '', 'x-1', `${id}.5`])
    expect([asked, ring.after(asked)]).toEqual([asked, undefined]);
});

it('is written as server-sent events are', () => {
  const ring = new EventRing(3);
  const { id, text } = ring.add('progress', { line: 'a\nb' });
  expect(text).toBe(`id: ${id}\nevent: progress\ndata: {"line":"a\\nb"}\n\n`);
});
