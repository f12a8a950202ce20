import { describeDeadLetterPort, foundOf } from '../testkit/dead-letter-port.contract.testkit';
import { MemoryDeadLetters } from './memory-dead-letters';

describeDeadLetterPort('memory', async () => {
  const deadLetters = new MemoryDeadLetters();
  return {
    deadLetters,
    found: () => Promise.resolve(deadLetters.letters.map(foundOf)),
    close: () => Promise.resolve(),
  };
});

it('counts the letters it has no room for', async () => {
  const deadLetters = new MemoryDeadLetters(1);
  const letter = { subject: 's', unit: 'u', reason: 'r', body: new Uint8Array(0) };
  await deadLetters.bury(letter);
  await deadLetters.bury(letter);
  expect([deadLetters.letters.length, deadLetters.lost]).toEqual([1, 1]);
});
