import type { Cancel, Clock } from "../../clock/mod.ts";
import { type OnFault, showFault } from "./faults.ts";

/** Length of a tick (ms), and the most that a deadline fires late. */
const TICK = 100;

/** Most ticks of a timer: no runtime has timers of months. */
const FAR = 36_000;

/** Ticks that a search for the next deadline visits one by one. */
const NEAR = 10;

/** A task that is due at a time; moving `at` later costs nothing. */
export interface Deadline {
  /** Absolute time in ms; Infinity while it is off. */
  at: number;
  /** Called at or after `at`, never before. */
  due(now: number): void;
  /** Owned by `Deadlines`: the tick it waits in, -1 when it waits in none. */
  tick: number;
}

/**
 * All deadlines of the broker on one timer. A busy connection moves its deadline
 * with every packet, so `at` may move later freely: the entry's old tick puts it
 * into its new one.
 */
export class Deadlines {
  readonly #clock: Clock;
  readonly #onFault: OnFault;
  readonly #ticks = new Map<number, Set<Deadline>>();
  /** The tick the timer waits for, Infinity when it is off. */
  #next = Infinity;
  /** All ticks up to this one have been run. */
  #done: number;
  #cancel: Cancel | null = null;

  /**
   * Sets no timer before the first deadline. `onFault` receives the error of a
   * deadline; all others stay.
   */
  constructor(clock: Clock, onFault: OnFault = showFault) {
    this.#clock = clock;
    this.#onFault = onFault;
    this.#done = Math.floor(clock.now() / TICK);
  }

  /** Adds `deadline` at its `at`; again when `at` has become earlier. */
  set(deadline: Deadline): void {
    const tick = Math.ceil(deadline.at / TICK);
    if (deadline.tick >= 0) {
      if (deadline.tick <= tick) return;
      this.#remove(deadline);
    }
    if (tick === Infinity) return;
    if (this.#ticks.size === 0 && this.#next === Infinity) {
      this.#done = Math.floor(this.#clock.now() / TICK);
    }
    this.#insert(deadline, tick);
  }

  /** Removes `deadline`, which would keep its owner in memory. */
  clear(deadline: Deadline): void {
    deadline.at = Infinity;
    if (deadline.tick >= 0) this.#remove(deadline);
  }

  /** Runs the deadlines of a suspension of the machine now. */
  awake(): void {
    if (this.#cancel !== null) this.#arm(this.#next);
  }

  /** Stops the timer for good. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#ticks.clear();
    this.#next = Infinity;
  }

  #insert(deadline: Deadline, due: number): void {
    // A late deadline waits for the next tick, which cannot miss it.
    const tick = Math.max(due, this.#done + 1);
    deadline.tick = tick;
    const waiting = this.#ticks.get(tick);
    if (waiting === undefined) this.#ticks.set(tick, new Set([deadline]));
    else waiting.add(deadline);
    if (tick < this.#next) this.#arm(tick);
  }

  #remove(deadline: Deadline): void {
    const waiting = this.#ticks.get(deadline.tick);
    if (waiting !== undefined) {
      waiting.delete(deadline);
      if (waiting.size === 0) this.#ticks.delete(deadline.tick);
    }
    deadline.tick = -1;
  }

  #arm(due: number): void {
    this.#cancel?.();
    const now = this.#clock.now();
    const tick = Math.min(due, Math.floor(now / TICK) + FAR);
    this.#next = tick;
    const wait = Math.max(0, tick * TICK - now);
    this.#cancel = this.#clock.after(wait, () => this.#run());
  }

  #run(): void {
    const now = this.#clock.now();
    const current = Math.floor(now / TICK);
    this.#cancel = null;
    this.#next = -1; // insertions must not arm the timer while this runs
    for (const tick of this.#dueTicks(current)) {
      const waiting = this.#ticks.get(tick);
      if (waiting === undefined) continue;
      this.#ticks.delete(tick);
      for (const deadline of waiting) this.#settle(deadline, now);
    }
    this.#next = Infinity;
    if (this.#ticks.size > 0) this.#arm(this.#nextTick(current));
  }

  /** Returns the ticks in use up to `current`, in order; marks them done. */
  #dueTicks(current: number): number[] {
    const first = this.#done + 1;
    this.#done = current;
    if (current - first < NEAR) {
      return Array.from({ length: current - first + 1 }, (_, at) => first + at);
    }
    return [...this.#ticks.keys()].filter((tick) => tick <= current)
      .sort((a, b) => a - b);
  }

  /** Returns the first tick in use behind `current`; there is one. */
  #nextTick(current: number): number {
    for (let tick = current + 1; tick <= current + NEAR; tick++) {
      if (this.#ticks.has(tick)) return tick;
    }
    // The next search comes a second later, however long this one takes.
    let next = Infinity;
    for (const tick of this.#ticks.keys()) if (tick < next) next = tick;
    return next;
  }

  #settle(deadline: Deadline, now: number): void {
    deadline.tick = -1;
    if (deadline.at <= now) {
      deadline.at = Infinity;
      try {
        deadline.due(now);
      } catch (error) {
        this.#onFault("the deadline is passed over", error, null);
      }
    } else if (deadline.at !== Infinity) {
      this.#insert(deadline, Math.ceil(deadline.at / TICK));
    }
  }
}
