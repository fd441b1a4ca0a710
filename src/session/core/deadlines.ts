import type { Cancel, Clock } from "../../clock/mod.ts";
import { type OnFault, showFault } from "./faults.ts";

/** Ticks are this long (ms): a deadline fires at most this much late. */
const TICK = 100;

/** No runtime holds a timer of months: at the latest after this many ticks. */
const FAR = 36_000;

/** So many ticks are looked through one by one for what is due next. */
const NEAR = 10;

/** Something that is due at a time; moving `at` later costs nothing. */
export interface Deadline {
  /** Absolute time in ms; Infinity while it is off. */
  at: number;
  /** Called at or after `at`, never before. */
  due(now: number): void;
  /** Owned by `Deadlines`: the tick it waits in, -1 when it waits in none. */
  tick: number;
}

/**
 * All deadlines of the broker on one timer. A busy connection pushes its
 * deadline on with every packet, so `at` may be moved later freely: the entry
 * is looked at when its old tick comes, and put where it then belongs.
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
   * Sets no timer until something is due. `onFault` receives what a deadline
   * throws; all others stay.
   */
  constructor(clock: Clock, onFault: OnFault = showFault) {
    this.#clock = clock;
    this.#onFault = onFault;
    this.#done = Math.floor(clock.now() / TICK);
  }

  /** Puts `deadline` where its `at` says; again when `at` became earlier. */
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

  /** Takes `deadline` out, so that nothing holds on to its owner. */
  clear(deadline: Deadline): void {
    deadline.at = Infinity;
    if (deadline.tick >= 0) this.#remove(deadline);
  }

  /** The machine was suspended: what fell due meanwhile is due now. */
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
    // What is already late waits for the next tick, or it would be missed.
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

  /** All up to `current` that something may wait in, in order; marks them done. */
  #dueTicks(current: number): number[] {
    const first = this.#done + 1;
    this.#done = current;
    if (current - first < NEAR) {
      return Array.from({ length: current - first + 1 }, (_, at) => first + at);
    }
    return [...this.#ticks.keys()].filter((tick) => tick <= current)
      .sort((a, b) => a - b);
  }

  /** The first behind `current` that something waits in; there is one. */
  #nextTick(current: number): number {
    for (let tick = current + 1; tick <= current + NEAR; tick++) {
      if (this.#ticks.has(tick)) return tick;
    }
    // Then there is a second before the next search, however long this one is.
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
