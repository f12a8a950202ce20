import { Life } from './life';

/** All that was promised has been told. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('Life', () => {
  it('of a process that is stopped does what it is asked when it goes on, and not before', async () => {
    const life = new Life();
    const done: string[] = [];
    const ask = (name: string): void => {
      void life.asks(() => void done.push(name)).then(() => done.push(`${name} answered`));
    };
    ask('a');
    await settled();
    life.freeze();
    ask('b');
    await settled();
    expect(done).toEqual(['a', 'a answered']);
    life.thaw();
    await settled();
    expect(done).toEqual(['a', 'a answered', 'b', 'b answered']);
  });

  it('lets no answer out of a process that was stopped or killed while it thought', async () => {
    const [stopped, killed] = [new Life(), new Life()];
    const answers: string[] = [];
    for (const life of [stopped, killed]) {
      let think: () => void = () => undefined;
      const thought = new Promise<void>((resolve) => (think = resolve));
      const answer = life.asks(() => thought.then(() => 'answer'));
      void life.unlessDead(answer, 'death').then((each) => answers.push(each));
      if (life === stopped) life.freeze();
      else life.kill();
      think();
    }
    await settled();
    expect(answers).toEqual(['death']);
    stopped.thaw();
    await settled();
    expect(answers).toEqual(['death', 'answer']);
    expect(await killed.unlessDead(Promise.resolve('answer'), 'death')).toBe('death');
  });

  it('keeps nothing of what it answered', async () => {
    const life = new Life();
    for (let times = 0; times < 100; times += 1) await life.unlessDead(Promise.resolve(), undefined);
    expect(life['mourners'].size).toBe(0);
  });

  it('closes at its death what it had opened, whatever could not be opened besides', async () => {
    const life = new Life();
    const stop = jest.fn(() => Promise.resolve());
    void life.opens(Promise.resolve({ stop }));
    const refused = life.opens(Promise.reject(new Error('trimmed')));
    await expect(refused).rejects.toThrow('trimmed');
    // A rejection that nobody heard would end the process that runs this.
    const unheard = jest.fn();
    process.on('unhandledRejection', unheard);
    life.kill();
    await settled();
    await settled();
    process.off('unhandledRejection', unheard);
    expect(stop).toHaveBeenCalledTimes(1);
    expect(unheard).not.toHaveBeenCalled();
  });
});
