import type { Cancel, Clock } from "../../../clock/mod.ts";

import { AdminRefusal } from "../../../admin/protocol/mod.ts";

/** Things kept at a time; the oldest gives way. */
const MOST = 8;

/** Time that a thing is kept after its last use (ms). */
const KEPT = 60_000;

/**
 * Keeps things between two requests under a token: searches that go on, and
 * counts that a deletion needs. Few, and for a minute, as their memory is not
 * the caller's.
 */
export class Kept<Thing> {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #things = new Map<string, Thing>();
  readonly #timers = new Map<string, Cancel>();

  /** `random` returns numbers, at least 0 and below 1. */
  constructor(clock: Clock, random: () => number) {
    this.#clock = clock;
    this.#random = random;
  }

  /** Returns the number of things kept. */
  get size(): number {
    return this.#things.size;
  }

  /** Keeps `thing` for a minute; returns its token. */
  keep(thing: Thing): string {
    if (this.#things.size >= MOST) {
      for (const [oldest] of this.#things) {
        this.#drop(oldest);
        break;
      }
    }
    let token = "";
    while (token.length < 16) {
      token += Math.floor(this.#random() * 36).toString(36);
    }
    this.#things.set(token, thing);
    const cancel = this.#clock.after(KEPT, () => this.#drop(token));
    this.#timers.set(token, cancel);
    return token;
  }

  /**
   * Returns the thing of a token, which is used up.
   *
   * @throws {AdminRefusal} 410 for a token that is not known, or no longer.
   */
  take(token: string): Thing {
    const thing = this.#things.get(token);
    if (thing === undefined) {
      throw new AdminRefusal(
        410,
        "token-expired",
        `the token ${token.slice(0, 32)} is unknown or older than a minute; ` +
          "begin anew",
      );
    }
    this.#drop(token);
    return thing;
  }

  /** Drops all; no timer is left. */
  stop(): void {
    for (const token of [...this.#things.keys()]) this.#drop(token);
  }

  #drop(token: string): void {
    this.#timers.get(token)?.();
    this.#timers.delete(token);
    this.#things.delete(token);
  }
}
