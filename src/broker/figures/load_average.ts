/** Minutes that the averages span. */
export const LOAD_MINUTES = [1, 5, 15] as const;

/** Moving averages a minute of a counter that only grows, as `uptime` has. */
export class LoadAverage {
  #before = 0;
  #averages: readonly number[] = LOAD_MINUTES.map(() => 0);

  /** Takes the counter's value, `seconds` after the last time. */
  update(total: number, seconds: number): void {
    const aMinute = (total - this.#before) * 60 / seconds;
    this.#before = total;
    this.#averages = LOAD_MINUTES.map((minutes, index) => {
      const weight = Math.exp(-seconds / (60 * minutes));
      return aMinute + weight * (this.#averages[index] - aMinute);
    });
  }

  /** The averages over 1, 5 and 15 minutes. */
  get values(): readonly number[] {
    return this.#averages;
  }
}
