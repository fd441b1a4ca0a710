import type { Clock } from "../../clock/mod.ts";
import type { TurnTimes } from "../../session/mod.ts";
import { DurationHistogram, TURN_BOUNDS } from "./duration_histogram.ts";

/**
 * Measures turns, from the first pass to the last write, and deliveries, from the
 * pass that takes a message to the write that carries it. One observation stands
 * for all messages of a write, and has the time of the oldest.
 */
export class MeasuredTurns implements TurnTimes {
  readonly #clock: Clock;
  /** Durations of turns. */
  readonly turns: DurationHistogram = new DurationHistogram(TURN_BOUNDS);
  /** Times that messages took through the broker. */
  readonly deliveries: DurationHistogram = new DurationHistogram(TURN_BOUNDS);
  at: number;
  /** The beginning of the turn under way; -1 between turns. */
  #began = -1;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.at = clock.precise();
  }

  begins(isNew: boolean): void {
    this.at = this.#clock.precise();
    // Work without output leaves a beginning without an end.
    if (isNew || this.#began < 0) this.#began = this.at;
  }

  ends(): void {
    if (this.#began < 0) return;
    this.turns.observe(this.#clock.precise() - this.#began);
    this.#began = -1;
  }

  writes(since: number): void {
    this.deliveries.observe(this.#clock.precise() - since);
  }
}
