/** Tasks that wait for one batch. */
interface Waiting {
  readonly batch: number;
  readonly tasks: Set<() => void>;
}

/** What waits for batches, in their order. */
export class Waiters {
  /** By batch, ascending: the one under way, the next, seldom one more. */
  readonly #waiting: Waiting[] = [];

  /** Whether something waits. */
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

  /** Runs what waits for `batch` or one before it, in the order of adding. */
  run(batch: number): void {
    const all = this.#waiting;
    while (all.length > 0 && all[0].batch <= batch) {
      for (const task of all.shift()!.tasks) {
        try {
          task();
        } catch (error) {
          // One that fails must not keep the others waiting.
          reportError(error);
        }
      }
    }
  }
}
