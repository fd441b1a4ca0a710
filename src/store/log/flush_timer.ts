import type { Cancel, Clock } from "../../clock/mod.ts";

/** Calls one task at the earliest of the times that were asked for. */
export class FlushTimer {
  readonly #clock: Clock;
  readonly #task: () => void;
  #cancel: Cancel | null = null;
  /** When the task is due, ms. */
  #due = Infinity;
  #isSoon = false;

  /** `task` writes; must not throw. */
  constructor(clock: Clock, task: () => void) {
    this.#clock = clock;
    this.#task = task;
  }

  /** Calls the task `ms` from now, or when it is due before that. */
  within(ms: number): void {
    const due = this.#clock.now() + ms;
    if (this.#due <= due) return;
    this.after(ms, this.#task);
    this.#due = due;
  }

  /** Calls `task` `ms` from now; a call of `within` does not change that. */
  after(ms: number, task: () => void): void {
    this.stop();
    this.#due = -Infinity;
    this.#cancel = this.#clock.after(ms, () => {
      this.stop();
      task();
    });
  }

  /** Calls the task when the sockets that are ready now have been served. */
  soon(): void {
    if (this.#isSoon) return;
    this.#isSoon = true;
    this.#clock.soon(() => {
      this.#isSoon = false;
      this.#task();
    });
  }

  /** Forgets what is due later. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#due = Infinity;
  }
}
