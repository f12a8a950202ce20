/** The k servers of a worker: as many groups as this are handled at once, the others wait their turn in order of arrival. */
export class Servers {
  private free: number;
  private readonly waiting: ((free: () => void) => void)[] = [];
  private next = 0;

  constructor(count: number) {
    this.free = count;
  }

  /** Runs `task` when a server is free; it must call the function it is given exactly once, when the server is free again. */
  run(task: (free: () => void) => void): void {
    if (this.free === 0) {
      this.waiting.push(task);
      return;
    }
    this.free -= 1;
    this.start(task);
  }

  private start(task: (free: () => void) => void): void {
    task(() => {
      const following = this.waiting[this.next];
      if (!following) {
        this.free += 1;
        return;
      }
      this.next += 1;
      // The list is cut when its front half is used up, so that taking from the front stays cheap.
      if (this.next * 2 >= this.waiting.length) {
        this.waiting.splice(0, this.next);
        this.next = 0;
      }
      this.start(following);
    });
  }
}
