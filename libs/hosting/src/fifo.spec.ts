import { Fifo } from './fifo';

describe('what is taken in the order in which it came', () => {
  it('gives it back so, also when more comes while it is taken', () => {
    const fifo = new Fifo<number>();
    const taken: (number | undefined)[] = [];
    for (let item = 0; item < 1_000; item += 1) {
      fifo.push(item);
      if (item % 3 !== 0) taken.push(fifo.shift());
    }
    expect(fifo.length).toBe(1_000 - taken.length);
    expect(fifo.peek(2)).toBe(taken.length + 2);
    while (fifo.length > 0) taken.push(fifo.shift());
    expect(taken).toEqual(Array.from({ length: 1_000 }, (_, item) => item));
  });

  it('has nothing to give when it is empty', () => {
    const fifo = new Fifo<string>();
    expect([fifo.shift(), fifo.peek(), fifo.length]).toEqual([undefined, undefined, 0]);
    fifo.push('a');
    expect([fifo.shift(), fifo.shift(), fifo.length]).toEqual(['a', undefined, 0]);
  });
});
