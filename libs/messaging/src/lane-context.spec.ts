import { headers, type Msg } from 'nats';
import { decodeLaneContext } from './lane-context';

const decode = (fields: Record<string, string>) => {
  const map = headers();
  for (const [name, value] of Object.entries(fields)) map.set(name, value);
  return decodeLaneContext({ headers: map } as Msg);
};

it('a stranger who says something else is not believed, and does no harm', () => {
  expect(decode({})).toBeUndefined();
  expect(decode({ 'Fl-Traced': '1.0=00-x' })).toBeUndefined();
  expect(decode({ traceparent: '00-x' })).toEqual({ traceparent: '00-x', traced: [] });
  expect(decode({ traceparent: '00-x', 'Fl-Traced': ',=,1=2,a.b=c,1.2=,1.-2=x,3.4=y' })).toEqual({
    traceparent: '00-x',
    traced: [{ record: 3, member: 4, traceparent: 'y' }],
  });
});
