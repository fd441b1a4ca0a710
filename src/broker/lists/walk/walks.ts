import type { Clock } from "../../../clock/mod.ts";
import type { Task } from "../../../session/mod.ts";

import { AdminRefusal } from "../../../admin/protocol/mod.ts";

/** Units of work in one turn: about half a millisecond. */
export const TURN_UNITS = 1000;

/** Walks that wait for the one under way. */
const MOST_WAITING = 8;

/** Processor time after which a walk pauses (ms). */
const MOST_TIME = 1000;

/** Units of work that are left in a turn; a visit of one item takes one. */
export interface Budget {
  left: number;
}

/** Work in slices. */
export interface Walk {
  /**
   * Works until the budget is used up or the walk is done, and counts down the
   * budget. Returns whether more is left.
   */
  go(budget: Budget): boolean;
}

/** Runs a task in turns, between which sockets are served. */
export interface Turns {
  inTurns(task: Task): void;
}

/** A walk that waits or is under way. */
interface Running {
  readonly walk: Walk;
  readonly resolve: (isDone: boolean) => void;
  readonly reject: (error: unknown) => void;
  /** Time used until now (ms). */
  spent: number;
}

/**
 * Runs walks one at a time, each in slices: lists of 100,000 sessions hold up no
 * client. Few may wait; more are refused.
 */
export class Walks {
  readonly #turns: Turns;
  readonly #clock: Clock;
  readonly #running: Running[] = [];

  /** Runs the slices as tasks of `turns`. */
  constructor(turns: Turns, clock: Clock) {
    this.#turns = turns;
    this.#clock = clock;
  }

  /**
   * Runs `walk`. Resolves to whether it is done: false after a second of work,
   * and then the walk may run again. Rejects with what the walk throws. Callers
   * ask `checkRoom` first.
   */
  run(walk: Walk): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.#running.push({ walk, resolve, reject, spent: 0 });
      if (this.#running.length === 1) this.#turns.inTurns(this.#slice);
    });
  }

  /**
   * Callers ask before they use a token up: after a refusal it is still good.
   *
   * @throws {AdminRefusal} 503 while the greatest number of walks waits.
   */
  checkRoom(): void {
    if (this.#running.length <= MOST_WAITING) return;
    const detail = `${MOST_WAITING} requests wait already; try again later`;
    throw new AdminRefusal(503, "busy", detail);
  }

  readonly #slice = (): boolean => {
    const running = this.#running[0];
    const began = this.#clock.now();
    try {
      const isLeft = running.walk.go({ left: TURN_UNITS });
      running.spent += this.#clock.now() - began;
      if (isLeft && running.spent < MOST_TIME) return true;
      running.resolve(!isLeft);
    } catch (error) {
      running.reject(error);
    }
    this.#running.shift();
    return this.#running.length > 0;
  };
}
