import { type Cancel, type Clock, DRIFT, type MachineRun } from "./clock.ts";
import { machineRun } from "./machine_run.ts";

/** Longest timer of the runtime (ms): longer ones fire at once. */
const LONGEST = 2 ** 31 - 1;

/**
 * First reading of `now`. Far from any date of today: a duration shown as a date
 * is noticed. Beyond 2^31: the engine holds all readings in the same way.
 */
const START = 1_000_000_000_000;

/**
 * After a jump of `DRIFT` or more, the machine was suspended if the uptime moved
 * on by more than this (ms). Two readings in whole seconds differ by less.
 */
const SUSPENDED = DRIFT / 2;

/** The machine's timers, its calendar, and its monotonic clock. */
export class SystemClock implements Clock {
  readonly #readRun: () => MachineRun | null;
  #start = START;
  /** Calendar minus the runtime's clock, when the uptime was last read (ms). */
  #apart = Infinity;
  /** The machine's uptime minus `now`; null before the uptime is read. */
  #ahead: number | null = null;
  suspended = 0;

  /** `readRun` reads the current boot of the machine. */
  constructor(readRun: () => MachineRun | null = machineRun) {
    this.#readRun = readRun;
  }

  now(): number {
    const runtime = performance.now();
    const apart = Date.now() - runtime;
    // Each pass calls this: it reads the uptime only after a jump.
    if (Math.abs(apart - this.#apart) >= DRIFT) this.#catchUp(apart);
    return Math.floor(this.#start + runtime);
  }

  /**
   * Adds a suspension of the machine: the runtime's clock stands still then,
   * while calendar and uptime go on. A step of the calendar adds nothing.
   */
  #catchUp(apart: number): void {
    const jump = apart - this.#apart;
    this.#apart = apart;
    const run = this.#readRun();
    if (run === null) return;
    const ahead = run.uptime - (this.#start + performance.now());
    this.#ahead ??= ahead;
    const measured = ahead - this.#ahead;
    if (measured <= SUSPENDED) return;
    // Where both agree the calendar is more exact: the uptime may have whole
    // seconds only, and their remainders would add up.
    const slept = Math.abs(measured - jump) < SUSPENDED ? jump : measured;
    this.#start += slept;
    this.suspended += slept;
  }

  precise(): number {
    return performance.now();
  }

  date(): number {
    return Date.now();
  }

  machine(): MachineRun | null {
    return this.#readRun();
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
