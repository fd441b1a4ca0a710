/** What waits for batches, in their order. */
export class Waiters {
  #batches: number[] = [];
  #tasks: (() => void)[] = [];

  /** Whether something waits. */
  get any(): boolean {
    return this.#tasks.length > 0;
  }

  /** `task` waits for `batch`, which is not below those added before. */
  add(batch: number, task: () => void): void {
    this.#batches.push(batch);
    this.#tasks.push(task);
  }

  /** Runs what waits for `batch` or one before it, in the order of adding. */
  run(batch: number): void {
    const count = this.#batches.findIndex((other) => other > batch);
    const due = count < 0 ? this.#tasks : this.#tasks.slice(0, count);
    if (due.length === 0) return;
    this.#tasks = count < 0 ? [] : this.#tasks.slice(count);
    this.#batches = count < 0 ? [] : this.#batches.slice(count);
    for (let i = 0; i < due.length; i++) {
      try {
        due[i]();
      } catch (error) {
        // One that fails must not keep the others waiting.
        reportError(error);
      }
    }
  }
}
