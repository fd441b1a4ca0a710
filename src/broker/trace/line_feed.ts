import type { Clock } from "../../clock/mod.ts";
import type { ByteStream } from "../../transport/mod.ts";
import type { TraceSink } from "./trace.ts";

/** Characters that wait for the reader; more are refused. */
const MOST_WAITING = 1024 * 1024;

/** Time for the reader to take what waits at the end (ms). */
const PATIENCE = 2000;

/** Writes the lines of a trace to a stream, as fast as its reader takes them. */
export class LineFeed implements TraceSink {
  readonly #stream: ByteStream;
  readonly #clock: Clock;
  #lines: string[] = [];
  /** Characters in `#lines`. */
  #waiting = 0;
  #isWriting = false;
  #hasEnded = false;
  readonly #done = Promise.withResolvers<void>();

  /** The caller closes `stream`, when `done` says so. */
  constructor(stream: ByteStream, clock: Clock) {
    this.#stream = stream;
    this.#clock = clock;
  }

  /** Resolves when the last line is written, or cannot be. */
  get done(): Promise<void> {
    return this.#done.promise;
  }

  take(line: string): boolean {
    if (this.#hasEnded) return false;
    if (this.#waiting + line.length > MOST_WAITING) return false;
    this.#push(line);
    return true;
  }

  ended(line: string): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    const cancel = this.#clock.after(PATIENCE, () => this.#done.resolve());
    this.#done.promise.finally(cancel);
    this.#push(line);
  }

  #push(line: string): void {
    this.#lines.push(line);
    this.#waiting += line.length;
    if (this.#isWriting) return;
    this.#isWriting = true;
    queueMicrotask(() => this.#write());
  }

  async #write(): Promise<void> {
    try {
      while (this.#lines.length > 0) {
        const bytes = new TextEncoder().encode(`${this.#lines.join("\n")}\n`);
        const length = this.#waiting;
        this.#lines = [];
        for (let at = 0; at < bytes.length;) {
          at += await this.#stream.write(bytes.subarray(at));
        }
        this.#waiting -= length;
      }
      this.#isWriting = false;
      if (this.#hasEnded) this.#done.resolve();
    } catch {
      // The reader has gone.
      this.#hasEnded = true;
      this.#done.resolve();
    }
  }
}
