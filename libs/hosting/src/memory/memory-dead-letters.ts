import type { DeadLetter, DeadLetterPort } from '../ports';

/** Dead letters in one process: the first `limit` are kept (default 1000), the rest only counted. */
export class MemoryDeadLetters implements DeadLetterPort {
  readonly letters: DeadLetter[] = [];
  /** Letters that found the store full. */
  lost = 0;

  constructor(private readonly limit = 1000) {}

  bury(letter: DeadLetter): Promise<void> {
    if (this.letters.length < this.limit) this.letters.push({ ...letter, body: letter.body.slice() });
    else this.lost++;
    return Promise.resolve();
  }
}
