import type { Cancel, Clock } from "./clock.ts";

interface Waiting {
  readonly at: number;
  readonly task: () => void;
}

/** A clock for tests: time moves only when `advance` is called. */
export class ManualClock implements Clock {
  #now: number;
  #waiting: Waiting[] = [];

  /** `start` is in ms since 1970. */
  constructor(start = 1_000_000_000_000) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  /** The same as `now`: here nothing jumps. */
  date(): number {
    return this.#now;
  }

  after(ms: number, task: () => void): Cancel {
    const waiting = { at: this.#now + Math.max(0, ms), task };
    this.#waiting.push(waiting);
    return () => {
      const index = this.#waiting.indexOf(waiting);
      if (index >= 0) this.#waiting.splice(index, 1);
    };
  }

  /** Not a matter of time: the runtime's own next turn. */
  soon(task: () => void): void {
    setImmediate(task);
  }

  /** Moves time on by `ms`, running what falls due, in order of its time. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      let next: Waiting | undefined;
      for (const waiting of this.#waiting) {
        if (waiting.at <= end && (next === undefined || waiting.at < next.at)) {
          next = waiting;
        }
      }
      if (next === undefined) break;
      this.#waiting.splice(this.#waiting.indexOf(next), 1);
      this.#now = Math.max(this.#now, next.at);
      next.task();
    }
    this.#now = end;
  }
}
