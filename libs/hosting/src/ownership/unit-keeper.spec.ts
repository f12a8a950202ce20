import { KvLost, KvUnavailable, LogReadFailed } from '../ports';
import { LEASE_MILLIS, Replica, UNITS, World } from './replicas.testkit';
import { preferredMember } from './rendezvous';

const CLAIM_OF_B = new TextEncoder().encode(JSON.stringify({ session: 'b', instance: 'b' }));

async function claimAndGiveBack({ kv }: World, key: string): Promise<void> {
  await kv.put(key, CLAIM_OF_B);
  await kv.delete(key);
}

const shareOf = (...instances: string[]): (string | undefined)[] =>
  UNITS.map((unit) => preferredMember(unit, instances));

describe('preferredMember', () => {
  it('spreads units over members, and moves only those of the member that goes', () => {
    const units = Array.from({ length: 3_000 }, (_, place) => `segment.${place}`);
    const members = ['a-1', 'a-2', 'a-3', 'a-4'];
    const before = units.map((unit) => preferredMember(unit, members));
    for (const member of members) {
      const share = before.filter((each) => each === member).length / units.length;
      expect(share).toBeGreaterThan(0.2);
      expect(share).toBeLessThan(0.3);
    }
    const after = units.map((unit) => preferredMember(unit, members.slice(1)));
    expect(before.filter((member, place) => member !== 'a-1' && member !== after[place])).toEqual([]);
    expect(preferredMember('segment.0', [])).toBeUndefined();
    expect(units.map((unit) => preferredMember(unit, [...members].reverse()))).toEqual(before);
  });
});

describe('units are shared out', () => {
  it('among replicas that begin together, without an index given to anyone', async () => {
    const world = new World();
    const replicas = await world.join('a', 'b', 'c');
    await world.elapse(1_000);
    expect(world.owners()).toEqual(shareOf('a', 'b', 'c'));
    expect(world.doubled).toEqual([]);
    for (const { open, told } of replicas) expect([...told].sort()).toEqual([...open].sort());
  });

  it('anew within a lease when one more comes: what moves is closed first, the rest stays', async () => {
    const world = new World();
    await world.join('a');
    await world.elapse(1_000);
    expect(world.owners()).toEqual(shareOf('a'));
    world.story.length = 0;
    await world.join('b');
    await world.elapse(LEASE_MILLIS);
    const moved = UNITS.filter((unit) => preferredMember(unit, ['a', 'b']) === 'b');
    expect(moved.length).toBeGreaterThan(0);
    expect(world.owners()).toEqual(shareOf('a', 'b'));
    expect(world.doubled).toEqual([]);
    expect(world.story).toHaveLength(2 * moved.length);
    for (const unit of moved)
      expect(world.story.indexOf(`a closes ${unit}`)).toBeLessThan(world.story.indexOf(`b opens ${unit}`));
  });

  it('to the others when one says nothing for a lease, and not before', async () => {
    const world = new World();
    const [, b] = await world.join('a', 'b', 'c');
    await world.elapse(1_000);
    if (!b) throw new Error('a replica');
    expect(b.open.size).toBeGreaterThan(0);
    world.kill(b);
    await world.elapse(LEASE_MILLIS / 2);
    expect(world.owners().filter((owner) => owner === '')).toHaveLength(b.open.size);
    await world.elapse(LEASE_MILLIS);
    expect(world.owners()).toEqual(shareOf('a', 'c'));
  });

  it('to the others when one goes in order, at once', async () => {
    const world = new World();
    const [a] = await world.join('a', 'b');
    await world.elapse(1_000);
    let gone = false;
    void a?.keeper.stop().then(() => (gone = true));
    await world.elapse(500);
    expect(gone).toBe(true);
    expect(world.owners()).toEqual(shareOf('b'));
    expect(world.doubled).toEqual([]);
  });
});

describe('an owner', () => {
  it('keeps what it has through an outage of the store, however long, and nobody takes it afterwards', async () => {
    const world = new World();
    const replicas = await world.join('a', 'b', 'c');
    await world.elapse(1_000);
    const before = world.owners();
    for (const { reach } of replicas) reach.isCut = true;
    await world.elapse(20_000);
    expect(world.owners()).toEqual(before);
    for (const { reach } of replicas) reach.isCut = false;
    world.story.length = 0;
    await world.elapse(10_000);
    expect(world.owners()).toEqual(before);
    expect(world.story).toEqual([]);
  });

  it('that was frozen past its lease lets go of what others took, and gets its share again', async () => {
    const world = new World();
    const [a] = await world.join('a', 'b');
    await world.elapse(1_000);
    if (!a) throw new Error('a replica');
    const mine = [...a.open];
    expect(mine.length).toBeGreaterThan(0);
    // Its own clock stands still with it.
    world.kill(a);
    await world.elapse(2 * LEASE_MILLIS);
    expect(world.owners()).toEqual(shareOf('b'));
    world.story.length = 0;
    world['dead'].delete(a);
    a.reach.isCut = false;
    await world.elapse(LEASE_MILLIS);
    expect(world.owners()).toEqual(shareOf('a', 'b'));
    for (const unit of mine) expect(world.story).toContain(`b closes ${unit}`);
  });

  it('lets go of what somebody claimed and gave back while it could not look, and takes it anew', async () => {
    const world = new World();
    const [a] = await world.join('a');
    if (!a) throw new Error('a replica');
    await world.elapse(1_000);
    world.story.length = 0;
    a.reach.isCut = true;
    await world.kv.put('unit.iommu.2', CLAIM_OF_B);
    await world.elapse(10);
    a.reach.isCut = false;
    await world.kv.delete('unit.iommu.2');
    await world.elapse(1_000);
    expect(world.story).toEqual(['a closes iommu.2', 'a opens iommu.2']);
    expect(world.owners()).toEqual(shareOf('a'));
  });

  it('lets go of what somebody claimed and gave back while it opened, and takes it anew', async () => {
    const world = new World();
    let opened: () => void = () => undefined;
    world.slow.set('iommu.2', new Promise((resolve) => (opened = resolve)));
    await world.join('a');
    await world.elapse(1_000);
    await claimAndGiveBack(world, 'unit.iommu.2');
    await world.elapse(100);
    world.story.length = 0;
    world.slow.clear();
    opened();
    await world.elapse(1_000);
    expect(world.story).toEqual(['a opens iommu.2', 'a closes iommu.2', 'a opens iommu.2']);
    expect(world.owners()).toEqual(shareOf('a'));
  });

  it('knows who has what it claimed, when the answer to its claim comes after that', async () => {
    const world = new World();
    const key = 'unit.iommu.2';
    let answer: () => void = () => undefined;
    const a = new Replica('a', world);
    a.reach.late = { key, until: new Promise((resolve) => (answer = resolve)) };
    world.replicas.push(a);
    await a.keeper.start();
    await world.elapse(1_000);
    await world.kv.put(key, CLAIM_OF_B);
    await world.elapse(100);
    a.reach.late = undefined;
    answer();
    await world.elapse(1_000);
    expect(world.story.filter((line) => line.endsWith('iommu.2'))).toEqual([
      'a opens iommu.2',
      'a closes iommu.2',
      'a opens iommu.2',
    ]);
  });

  it('gives back what it claimed without hearing so, once another one should have it', async () => {
    const world = new World();
    const moved = UNITS.find((unit) => preferredMember(unit, ['a', 'b']) === 'b') ?? '';
    world.unheard.set('a', moved);
    const [a] = await world.join('a');
    await world.elapse(1_000);
    expect(a?.open.has(moved)).toBe(false);
    await world.join('b');
    await world.elapse(LEASE_MILLIS);
    expect(world.owners()).toEqual(shareOf('a', 'b'));
    expect(world.doubled).toEqual([]);
  });

  it('tries again to give a unit back that the store did not let go of', async () => {
    const world = new World();
    const moved = UNITS.find((unit) => preferredMember(unit, ['a', 'b']) === 'b') ?? '';
    const [a] = await world.join('a');
    if (!a) throw new Error('nobody joined');
    await world.elapse(1_000);
    const remove = a.reach.delete.bind(a.reach);
    let refusals = 2;
    a.reach.delete = (key, ...rest) => {
      if (!key.endsWith(`.${moved}`) || refusals === 0) return remove(key, ...rest);
      refusals -= 1;
      return Promise.reject(new KvUnavailable(key, 'no answer'));
    };
    await world.join('b');
    await world.elapse(2 * LEASE_MILLIS);
    expect([refusals, world.owners()]).toEqual([0, shareOf('a', 'b')]);
    expect(a.troubles).toHaveLength(2);
    expect(world.doubled).toEqual([]);
  });

  it('that finds another one in the log tries again later', async () => {
    const world = new World();
    world.refused.add('iommu.3');
    await world.join('a');
    await world.elapse(2_000);
    expect(world.owners()).toEqual(shareOf('a'));
  });

  it('that cannot read the log of a unit tries again later, and says so', async () => {
    const world = new World();
    world.unreadable.add('iommu.3');
    const [a] = await world.join('a');
    await world.elapse(2_000);
    expect(world.owners()).toEqual(shareOf('a'));
    expect(a?.troubles).toEqual([expect.any(LogReadFailed)]);
  });

  it('that lost a unit claims it anew', async () => {
    const world = new World();
    const [a] = await world.join('a');
    await world.elapse(1_000);
    a?.open.delete('iommu.2');
    a?.keeper.lost('iommu.2');
    expect(a?.told).not.toContain('iommu.2');
    await world.elapse(1_000);
    expect(world.owners()).toEqual(shareOf('a'));
  });

  it('goes on when somebody deletes the bucket: it is made again, and everybody says what it has', async () => {
    const world = new World();
    const replicas = await world.join('a', 'b');
    await world.elapse(1_000);
    await world.lose();
    await world.elapse(2 * LEASE_MILLIS);
    expect(replicas.some(({ revived }) => revived > 0)).toBe(true);
    expect(world.isGone).toBe(false);
    expect(world.owners()).toEqual(shareOf('a', 'b'));
    const [a] = replicas;
    if (a) world.kill(a);
    await world.elapse(2 * LEASE_MILLIS);
    expect(world.owners()).toEqual(shareOf('b'));
    expect(replicas.flatMap(({ troubles }) => troubles)).toContainEqual(expect.any(KvLost));
  });

  it('hands over in order although the bucket is gone', async () => {
    const world = new World();
    const [a] = await world.join('a');
    await world.elapse(1_000);
    world.isDenied = true;
    await world.lose();
    await world.elapse(1_000);
    let hasStopped = false;
    void a?.keeper.stop().then(() => (hasStopped = true));
    await world.elapse(1_000);
    expect([hasStopped, a?.open.size]).toEqual([true, 0]);
  });
});

it('a process that is started again under its old name has its units at once: the one before cannot live', async () => {
  const world = new World();
  const [a] = await world.join('a');
  await world.elapse(1_000);
  if (a) world.kill(a);
  const again = new Replica('a', world, 'another-session');
  world.replicas.push(again);
  await again.keeper.start();
  await world.elapse(500);
  expect(again.open.size).toBe(UNITS.length);
});
