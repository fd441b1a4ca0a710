import type { Deadline, Deadlines } from "../core/deadlines.ts";

/** Events of a detached session. */
export interface SessionEvents {
  /** The will delay is over before the session. */
  publishWill(): void;
  /** The session is over, and with it its will delay. */
  expired(): void;
}

/**
 * Will delay and expiry of a detached session. The will is published at the
 * earlier of the two, never before [MQTT-3.1.3-9].
 */
export class SessionClock implements Deadline {
  readonly #deadlines: Deadlines;
  readonly #events: SessionEvents;
  #willAt = Infinity;
  #expiresAt = Infinity;
  at = Infinity;
  tick = -1;

  constructor(deadlines: Deadlines, events: SessionEvents) {
    this.#deadlines = deadlines;
    this.#events = events;
  }

  /** Starts both; times in ms by `Clock.now`, Infinity for never. */
  start(willAt: number, expiresAt: number): void {
    this.#willAt = willAt;
    this.#expiresAt = expiresAt;
    this.#arm();
  }

  /** Stops both. */
  stop(): void {
    if (this.at !== Infinity) this.#deadlines.clear(this);
  }

  due(now: number): void {
    if (now >= this.#expiresAt) return this.#events.expired();
    this.#willAt = Infinity;
    this.#arm();
    this.#events.publishWill();
  }

  #arm(): void {
    this.at = Math.min(this.#willAt, this.#expiresAt);
    this.#deadlines.set(this);
  }
}
