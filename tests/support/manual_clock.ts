import type { Cancel, Clock, MachineRun } from "../../src/clock/mod.ts";

interface Waiting {
  at: number;
  readonly task: () => void;
}

/** The date at which a `ManualClock` begins: 1 July 2026. */
const DATE = Date.UTC(2026, 6, 1);

/** First reading of `now`; as a date it would be in 2001. */
const START = 1_000_000_000_000;

/** A clock for tests: time moves only when `advance` is called. */
export class ManualClock implements Clock {
  #now: number;
  /** Calendar minus `now` (ms). */
  #ahead: number;
  /** The result of `machine`, with its uptime minus `now`. */
  #run: MachineRun | null = null;
  #waiting: Waiting[] = [];
  suspended = 0;

  /** Begins at `date` (ms since 1970), and with `now` as first reading. */
  constructor(date = DATE, now = START) {
    this.#now = now;
    this.#ahead = date - now;
  }

  now(): number {
    return this.#now;
  }

  precise(): number {
    return this.#now;
  }

  date(): number {
    return this.#now + this.#ahead;
  }

  machine(): MachineRun | null {
    const run = this.#run;
    return run && { id: run.id, uptime: run.uptime + this.#now };
  }

  /** Moves the calendar alone, by `ms` forward or, below 0, back. */
  step(ms: number): void {
    this.#ahead += ms;
  }

  /** Makes `machine` return run `id` with this uptime (ms). */
  runs(id: number, uptime: number): void {
    this.#run = { id, uptime: uptime - this.#now };
  }

  /** Moves time on by `ms`, but no timer: timers stop in a suspension. */
  suspend(ms: number): void {
    this.#now += ms;
    this.suspended += ms;
    for (const waiting of this.#waiting) waiting.at += ms;
  }

  /** Moves time on by `ms` as work does that lasts: timers are late. */
  work(ms: number): void {
    this.#now += ms;
  }

  after(ms: number, task: () => void): Cancel {
    const waiting = { at: this.#now + Math.max(0, ms), task };
    this.#waiting.push(waiting);
    return () => {
      const index = this.#waiting.indexOf(waiting);
      if (index >= 0) this.#waiting.splice(index, 1);
    };
  }

  /** Calls `task` in the runtime's next turn, whatever the time. */
  soon(task: () => void): void {
    setImmediate(task);
  }

  /** Moves time on by `ms`, and calls due tasks in order of their time. */
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
