import type { Clock } from "../../clock/mod.ts";
import type { BrokerLog } from "./broker_log.ts";
import { Throttle } from "./throttle.ts";

/** The same text at the same place once a minute, then how often. */
const LIMITS = { ofOne: 1, ofReason: 100 };

/**
 * Logs failures that may repeat many times a second for as long as they last,
 * as `Too many open files` does: once, then a count a minute.
 */
export class RepeatedTroubles {
  readonly #log: BrokerLog;
  readonly #throttle: Throttle;

  constructor(clock: Clock, log: BrokerLog) {
    this.#log = log;
    this.#throttle = new Throttle(clock, LIMITS, (text, where, count) => {
      const times = count === 1 ? "once more" : `${count} more times`;
      const error = new Error(`${text} (${times} in the last minute)`);
      log.trouble(where ?? "listeners", error);
    });
  }

  /** Logs `error`, or counts it; `where` names a listener or socket. */
  tell(where: string, error: Error): void {
    if (this.#throttle.admits(error.message, where)) {
      this.#log.trouble(where, error);
    }
  }

  /** Logs the last counts, and ends the timer. */
  stop(): void {
    this.#throttle.stop();
  }
}
