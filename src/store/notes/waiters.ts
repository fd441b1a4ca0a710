/** Tasks that wait for one batch. */
interface Waiting {
  readonly batch: number;
  readonly tasks: Set<() => void>;
}

/** Tasks that wait for batches. */
export class Waiters {
  /** By batch, ascending: the batch under way, the next, seldom one more. */
  readonly #waiting: Waiting[] = [];

  /** Whether a task waits. */
  get any(): boolean {
    return this.#waiting.length > 0;
  }

  /** Has `task` wait for `batch`, which may be below those added before. */
  add(batch: number, task: () => void): void {
    const all = this.#waiting;
    let at = all.length;
    while (at > 0 && all[at - 1].batch > batch) at--;
    if (at > 0 && all[at - 1].batch === batch) all[at - 1].tasks.add(task);
    else all.splice(at, 0, { batch, tasks: new Set([task]) });
  }

  /** Forgets `task`, whatever it waits for. */
  forget(task: () => void): void {
    const all = this.#waiting;
    for (let at = all.length - 1; at >= 0; at--) {
      if (all[at].tasks.delete(task) && all[at].tasks.size === 0) {
        all.splice(at, 1);
      }
    }
  }

  /**
   * Runs the tasks that wait for `batch` or an earlier one, in the order of
   * adding.
   */
  run(batch: number): void {
    const all = this.#waiting;
    while (all.length > 0 && all[0].batch <= batch) {
      for (const task of all.shift()!.tasks) {
        try {
          task();
        } catch (error) {
          // A failing task must not stop the others.
          reportError(error);
        }
      }
    }
  }
}
