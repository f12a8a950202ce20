import { differencesOf, differenceWords } from './differences';

const words = (before: object, after: object): string[] => differencesOf(before, after).map(differenceWords);

describe('what differs between two scenarios', () => {
  it('is named as --set names it; name and seed are no settings', () => {
    const before = { name: 'a', seed: 1, timeScale: 10, workers: { processes: 1, servers: 1 } };
    expect(words(before, { ...before, name: 'b', seed: 2 })).toEqual([]);
    expect(words(before, { ...before, timeScale: 20, workers: { processes: 1, servers: 2 } })).toEqual([
      'timeScale 10 -> 20',
      'workers.servers 1 -> 2',
    ]);
  });

  it('is a setting when a name is one further in', () => {
    expect(words({ devices: [{ name: 'nic0' }] }, { devices: [{ name: 'gpu0' }] })).toEqual([
      'devices.0.name nic0 -> gpu0',
    ]);
  });

  it('is one for all places of a list that differ alike, and each for itself when they do not', () => {
    const devices = (...credits: number[]) => ({ devices: credits.map((each) => ({ credits: each })) });
    expect(words(devices(8, 8, 8), devices(16, 16, 16))).toEqual(['devices.0-2.credits 8 -> 16']);
    expect(words(devices(8, 8, 8), devices(16, 8, 16))).toEqual(['devices.0,2.credits 8 -> 16']);
    expect(words(devices(8, 8), devices(16, 32))).toEqual([
      'devices.0.credits 8 -> 16',
      'devices.1.credits 8 -> 32',
    ]);
  });

  it('is what one side lacks, as a whole and cut', () => {
    const device = { name: 'nic0', credits: 32, atcEntries: 1024 };
    expect(words({ devices: [device] }, { devices: [device, device] })).toEqual([
      'devices.1 none -> {"name":"nic0","credits":32,"at…',
    ]);
    expect(words({ rate: null }, {})).toEqual(['rate null -> none']);
  });
});
