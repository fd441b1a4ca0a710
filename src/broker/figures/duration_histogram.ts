import type { HistogramFigures } from "../../admin/protocol/mod.ts";

/** Durations of turns and deliveries: upper bounds of the buckets (ms). */
export const TURN_BOUNDS = [
  0.1,
  0.25,
  0.5,
  1,
  2.5,
  5,
  10,
  25,
  50,
  100,
  250,
  500,
  1000,
] as const;

/** Durations of commits: upper bounds of the buckets (ms). */
export const COMMIT_BOUNDS = [
  0.5,
  1,
  2.5,
  5,
  10,
  25,
  50,
  100,
  250,
  500,
  1000,
  2500,
  10_000,
] as const;

/** Counts durations in buckets with fixed bounds: no memory grows. */
export class DurationHistogram {
  readonly #bounds: readonly number[];
  readonly #counts: Float64Array;
  #sum = 0;

  /** `bounds` in ms, ascending. */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  /** Counts a duration of `ms`. */
  observe(ms: number): void {
    const bounds = this.#bounds;
    let at = 0;
    while (at < bounds.length && ms > bounds[at]) at++;
    this.#counts[at]++;
    this.#sum += ms;
  }

  /** Returns the counts as of now. */
  read(): HistogramFigures {
    return {
      bounds: this.#bounds.map((ms) => ms / 1000),
      counts: [...this.#counts],
      count: this.#counts.reduce((sum, count) => sum + count, 0),
      sum: this.#sum / 1000,
    };
  }
}
