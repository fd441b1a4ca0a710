import type { Cancel, Clock } from "./clock.ts";

/** A timer of the runtime that is longer runs out at once (ms). */
const LONGEST = 2 ** 31 - 1;

/**
 * The machine's timers, and a time that starts from its calendar and then
 * only runs forward: a small computer that learns the date after it started
 * must not expire every session at that moment.
 */
export class SystemClock implements Clock {
  readonly #start = Date.now() - performance.now();

  now(): number {
    return Math.floor(this.#start + performance.now());
  }

  date(): number {
    return Date.now();
  }

  after(ms: number, task: () => void): Cancel {
    let timer: ReturnType<typeof setTimeout>;
    const wait = (left: number) => {
      const part = Math.min(left, LONGEST);
      const then = left > part ? () => wait(left - part) : task;
      timer = setTimeout(then, part);
      Deno.unrefTimer(timer);
    };
    wait(ms);
    return () => clearTimeout(timer);
  }

  soon(task: () => void): void {
    setImmediate(task);
  }
}
