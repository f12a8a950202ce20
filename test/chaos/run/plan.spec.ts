import { commandOf, parseOptions } from './options';
import { UsageError } from '../../kit/run-options';
import { planActs } from './plan';

const options = { seed: 5, minutes: 10, every: 3, leaseMillis: 1_000, replicas: 3 };
const instances = ['event-log-1', 'iommu-1', 'iommu-2', 'mm-handler-1'];
const cabled = ['iommu-1'];

describe('a plan', () => {
  const plan = planActs(options, instances, cabled);

  it('is the same for the same seed, and another for another', () => {
    expect(planActs(options, instances, cabled)).toEqual(plan);
    expect(planActs({ ...options, seed: 6 }, instances, cabled)).not.toEqual(plan);
  });

  it('does something every so often, mostly kills, to everybody', () => {
    expect(plan.length).toBeGreaterThan(180);
    expect(plan.length).toBeLessThan(220);
    expect(plan.filter(({ verb }) => verb === 'kill').length).toBeGreaterThan(plan.length / 2);
    expect(new Set(plan.map(({ victim }) => victim))).toEqual(new Set([...instances, 'nats-server']));
    expect(new Set(plan.map(({ verb }) => verb)).size).toBe(7);
  });

  it('cuts only where there is a cable, and lets nothing last longer than three leases', () => {
    for (const { verb, victim, lastsMillis } of plan) {
      if (['cut', 'break', 'slow'].includes(verb)) expect(victim).toBe('iommu-1');
      expect(lastsMillis).toBeGreaterThanOrEqual(500);
      expect(lastsMillis).toBeLessThanOrEqual(3_000);
    }
  });
});

describe('the command line', () => {
  it('is what the command to repeat a run gives back', () => {
    const [, words = ''] = commandOf(options).split(' -- ');
    expect(parseOptions(words.split(' '))).toEqual(options);
  });

  it.each([
    [['--minutes', 'ten'], "--minutes is 'ten', expected a number from 0"],
    [['--lease', '10'], "--lease is '10', expected a whole number from 300"],
    [['--replicas', '1.5'], "--replicas is '1.5', expected a whole number from 1"],
    [['--seeds', '1'], /--seeds/],
  ])('says what is wrong with %j', (words, message) => {
    expect(() => parseOptions(words)).toThrow(UsageError);
    expect(() => parseOptions(words)).toThrow(message);
  });
});
