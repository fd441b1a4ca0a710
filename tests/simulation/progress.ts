/** Between two pictures of the bar (ms). */
const PAUSE = 200;

const WIDTH = 30;

/** A bar on the terminal of stderr; nothing where that is none. */
export class Progress {
  readonly #name: string;
  readonly #whole: number;
  readonly #begin = performance.now();
  readonly #isShown = Deno.stderr.isTerminal();
  #last = -Infinity;

  /** `whole` is what `show` ends with. */
  constructor(name: string, whole: number) {
    this.#name = name;
    this.#whole = whole;
  }

  /** Shows that `done` are done, and `failed` of these failed. */
  show(done: number, failed: number): void {
    const now = performance.now();
    if (!this.#isShown || now - this.#last < PAUSE) return;
    this.#last = now;
    const filled = Math.round(WIDTH * done / this.#whole);
    const bar = "#".repeat(filled).padEnd(WIDTH, ".");
    const speed = Math.round(done * 1000 / (now - this.#begin));
    this.#write(
      `\r${this.#name} [${bar}] ${done}/${this.#whole}, ${speed}/s, ` +
        `${failed} failed`,
    );
  }

  /** Leaves the line empty. */
  clear(): void {
    if (this.#isShown) this.#write("\r\x1b[K");
  }

  #write(text: string): void {
    Deno.stderr.writeSync(new TextEncoder().encode(text));
  }
}
