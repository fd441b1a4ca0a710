import type { Cancel, Clock } from "./clock.ts";

/** The machine's clock and timers. A waiting timer does not keep it alive. */
export class SystemClock implements Clock {
  now(): number {
    return Date.now();
  }

  after(ms: number, task: () => void): Cancel {
    const timer = setTimeout(task, ms);
    Deno.unrefTimer(timer);
    return () => clearTimeout(timer);
  }
}
