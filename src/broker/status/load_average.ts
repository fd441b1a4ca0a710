/** The spans of the averages: minutes, and their names under `$SYS`. */
const SPANS = [[1, "1min"], [5, "5min"], [15, "15min"]] as const;

/** Moving averages a minute of a counter that only grows, as `uptime` has. */
export class LoadAverage {
  #before = 0;
  readonly #averages = [0, 0, 0];

  /** Takes the counter's value, `seconds` after the last time. */
  update(total: number, seconds: number): void {
    const aMinute = (total - this.#before) * 60 / seconds;
    this.#before = total;
    SPANS.forEach(([minutes], index) => {
      const weight = Math.exp(-seconds / (60 * minutes));
      this.#averages[index] = aMinute +
        weight * (this.#averages[index] - aMinute);
    });
  }

  /** Name of the span and average, with two decimals. */
  *values(): Iterable<[span: string, average: string]> {
    for (const [index, [, name]] of SPANS.entries()) {
      yield [name, this.#averages[index].toFixed(2)];
    }
  }
}
