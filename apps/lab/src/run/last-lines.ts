/** The last whole lines of a stream of text, and no more memory than these need. */
export class LastLines {
  private readonly kept: string[] = [];
  private open = '';

  constructor(
    private readonly most: number,
    private readonly longest = 2_000,
  ) {}

  push(text: string): void {
    const parts = (this.open + text).split('\n');
    this.open = (parts.pop() ?? '').slice(-this.longest);
    for (const part of parts) this.keep(part);
  }

  lines(): string[] {
    return this.open === '' ? [...this.kept] : [...this.kept, this.open].slice(-this.most);
  }

  private keep(line: string): void {
    this.kept.push(line.slice(0, this.longest));
    if (this.kept.length > this.most) this.kept.shift();
  }
}
