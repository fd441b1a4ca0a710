import type { Cancel, Clock } from "./clock.ts";

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
    const timer = setTimeout(task, ms);
    Deno.unrefTimer(timer);
    return () => clearTimeout(timer);
  }
}
