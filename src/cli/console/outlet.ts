import type { Clock } from "../../clock/mod.ts";

/** Characters that wait for the stream; more are dropped. */
const MOST_WAITING = 1024 * 1024;

/** From one write to the next (ms): lines of a busy broker go together. */
const GATHER = 50;

/** From a write that failed to the next attempt (ms), at first and at most. */
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 10_000;

/** Stream of an outlet: standard output or standard error. */
export interface OutletStream {
  /**
   * Writes a part of `bytes` and resolves to its length. A call may wait for
   * the reader for any time, and must not hold up the program meanwhile.
   */
  write(bytes: Uint8Array): Promise<number>;
}

/**
 * Writes lines to a stream that may be full, slow or closed, and never makes
 * its caller wait or fail. Lines that the stream does not take are dropped and
 * counted; the count is written when the stream works again.
 */
export class Outlet {
  readonly #stream: OutletStream;
  readonly #clock: Clock;
  readonly #gapLine: (count: number) => string;
  #lines: string[] = [];
  /** Characters in `#lines`. */
  #waiting = 0;
  /** Lines dropped since the last that was queued. */
  #dropped = 0;
  /** True if `#run` is under way. */
  #running = false;
  /** True if the last byte written was within a line. */
  #torn = false;
  #pause = FIRST_PAUSE;
  /** Ends the wait under way. */
  #wake: () => void = () => {};
  #hurry = false;
  /** Called when all has been written or dropped. */
  #idle: () => void = () => {};

  /** `gapLine` makes the line that tells how many lines are missing. */
  constructor(
    stream: OutletStream,
    clock: Clock,
    gapLine: (count: number) => string,
  ) {
    this.#stream = stream;
    this.#clock = clock;
    this.#gapLine = gapLine;
  }

  /** Lines that were dropped and not yet counted in the stream itself. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Queues `text`, one or more whole lines. */
  readonly write = (text: string): void => {
    // A gap is in one place: nothing is queued behind it until it is reported.
    if (this.#dropped > 0 || this.#waiting + text.length > MOST_WAITING) {
      this.#dropped += linesIn(encoder.encode(text));
    } else {
      this.#lines.push(text);
      this.#waiting += text.length;
    }
    if (!this.#running) {
      this.#running = true;
      queueMicrotask(() => this.#run());
    }
  };

  /** Tries a stream that failed again now: its cause may be gone. */
  retry(): void {
    this.#pause = FIRST_PAUSE;
    this.#wake();
  }

  /** Resolves when all is written or dropped, or after `ms`. */
  async drain(ms: number): Promise<void> {
    if (!this.#running) return;
    this.#hurry = true;
    this.#wake();
    let timer: ReturnType<typeof setTimeout> | undefined;
    await new Promise<void>((resolve) => {
      this.#idle = resolve;
      // Also keeps the process alive, which timers of the clock do not.
      timer = setTimeout(resolve, ms);
    });
    clearTimeout(timer);
  }

  /** Writes until nothing is left to be told. */
  async #run(): Promise<void> {
    while (this.#lines.length > 0 || this.#dropped > 0) {
      const works = await this.#writeNext();
      if (works) this.#pause = FIRST_PAUSE;
      // Before the end there is one attempt, not a wait for a better time.
      else if (this.#hurry) break;
      await this.#rest(works ? GATHER : this.#pause);
      if (!works) this.#pause = Math.min(2 * this.#pause, LONGEST_PAUSE);
    }
    this.#running = false;
    this.#idle();
  }

  /** Writes what waits, then the gap if there is one; false when it failed. */
  async #writeNext(): Promise<boolean> {
    const gap = this.#lines.length === 0 ? this.#dropped : 0;
    const text = gap > 0 ? this.#gapLine(gap) : this.#take();
    this.#dropped -= gap;
    const bytes = encoder.encode(this.#torn ? `\n${text}` : text);
    const begin = this.#torn ? 1 : 0;
    const written = await this.#writeAll(bytes);
    if (written > 0) this.#torn = bytes[written - 1] !== NEWLINE;
    if (written === bytes.length) return true;
    const lost = gap > 0 ? gap : linesIn(bytes, Math.max(begin, written));
    // All that came meanwhile as well: one gap has one place.
    this.#dropped += lost + linesIn(encoder.encode(this.#take()));
    return false;
  }

  #take(): string {
    const text = this.#lines.join("");
    this.#lines = [];
    this.#waiting = 0;
    return text;
  }

  /** Returns how many bytes were taken before a write failed. */
  async #writeAll(bytes: Uint8Array): Promise<number> {
    let at = 0;
    while (at < bytes.length) {
      try {
        at += await this.#stream.write(bytes.subarray(at));
      } catch (error) {
        // A full pipe that another program has made non-blocking.
        if (!(error instanceof Deno.errors.WouldBlock) || this.#hurry) break;
        await this.#rest(GATHER);
      }
    }
    return at;
  }

  #rest(ms: number): Promise<void> {
    if (this.#hurry) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = this.#clock.after(ms, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }
}

const encoder = new TextEncoder();

const NEWLINE = 10;

/** Returns lines that end in `bytes` from `start` on. */
function linesIn(bytes: Uint8Array, start = 0): number {
  let count = 0;
  for (let at = start; at < bytes.length; at++) {
    if (bytes[at] === NEWLINE) count++;
  }
  return count;
}
