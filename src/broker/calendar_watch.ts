import type { Clock } from "../clock/mod.ts";

/** The calendar and `Clock.now` drift apart by less without a step (ms). */
const TOLERANCE = 1000;

/** Notices that the machine's calendar was set. */
export class CalendarWatch {
  readonly #clock: Clock;
  /** The calendar less `Clock.now`, at the last look. */
  #ahead: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    // What the machine sleeps is measured from here.
    clock.machine();
    this.#ahead = this.#difference;
  }

  get #difference(): number {
    return this.#clock.date() - this.#clock.now();
  }

  /**
   * Returns by how much the calendar was set since the last look, in ms, back
   * below 0; 0 when it was not. To be called every ten seconds.
   */
  look(): number {
    if (Math.abs(this.#difference - this.#ahead) < TOLERANCE) return 0;
    // After a suspension `now` catches up, and there was no step.
    this.#clock.machine();
    const step = this.#difference - this.#ahead;
    if (Math.abs(step) < TOLERANCE) return 0;
    this.#ahead += step;
    return step;
  }
}
