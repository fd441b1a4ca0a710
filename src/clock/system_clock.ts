import type { Cancel, Clock, MachineRun } from "./clock.ts";
import { machineRun } from "./machine_run.ts";

/** A timer of the runtime that is longer runs out at once (ms). */
const LONGEST = 2 ** 31 - 1;

/**
 * First reading of `now`. Far from any date of today, so that a duration shown
 * as a date is noticed; beyond 2^31, so that the engine
 * holds all readings in the same way.
 */
const START = 1_000_000_000_000;

/** A difference of the machine's two clocks that is no suspension (ms). */
const TOLERANCE = 2500;

/** The machine's timers, its calendar, and its monotonic clock. */
export class SystemClock implements Clock {
  readonly #readRun: () => MachineRun | null;
  #start = START;
  /** The machine's uptime less `now`; null before it was read. */
  #ahead: number | null = null;

  /** `readRun` reads the run of the machine. */
  constructor(readRun: () => MachineRun | null = machineRun) {
    this.#readRun = readRun;
  }

  now(): number {
    return Math.floor(this.#start + performance.now());
  }

  date(): number {
    return Date.now();
  }

  /**
   * Also has `now` catch up with what the machine was suspended since the last
   * call: the runtime's clock stands still meanwhile.
   */
  machine(): MachineRun | null {
    const run = this.#readRun();
    if (run === null) return null;
    const ahead = run.uptime - this.now();
    if (this.#ahead === null) this.#ahead = ahead;
    else if (ahead - this.#ahead > TOLERANCE) {
      this.#start += ahead - this.#ahead;
    }
    return run;
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
