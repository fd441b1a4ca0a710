import { ManualClock } from "../support/manual_clock.ts";
import type { Lane } from "./world.ts";

/** A clock moved by hand, whose next turns are those of a world. */
export class SimulatedClock extends ManualClock {
  readonly #lane: Lane;

  /** `date` is in ms since 1970; `now` is where durations are counted from. */
  constructor(date: number, now: number, lane: Lane) {
    super(date, now);
    this.#lane = lane;
  }

  override soon(task: () => void): void {
    this.#lane.add(task);
  }
}
