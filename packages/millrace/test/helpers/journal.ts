/** Lines in the order in which they were written, and a way to wait for one. */
export class Journal {
  /** All lines so far. */
  readonly lines: string[] = [];
  readonly #waiting = new Set<() => void>();

  /** Adds a line. */
  write(line: string): void {
    this.lines.push(line);
    for (const check of [...this.#waiting]) check();
  }

  /** Waits until there is a line that begins with `start`, or until there are `count` of them. */
  has(start: string, count = 1): Promise<void> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (this.lines.filter((line) => line.startsWith(start)).length < count) return;
        this.#waiting.delete(check);
        resolve();
      };
      this.#waiting.add(check);
      check();
    });
  }
}
