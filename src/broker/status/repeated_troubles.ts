import type { Clock } from "../../clock/mod.ts";
import type { ErrorCode } from "../../errors/mod.ts";
import type { BrokerLog } from "./broker_log.ts";
import { OTHERS, Throttle } from "./throttle.ts";

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
    this.#throttle = new Throttle(clock, LIMITS, (key, where, count) => {
      const [code, text] = split(key);
      const times = count === 1 ? "once more" : `${count} more times`;
      const error = new Error(`${text} (${times} in the last minute)`);
      log.trouble(where ?? "listeners", error, code, "listeners");
    });
  }

  /** Logs `error`, or counts it; `where` names a listener or socket. */
  tell(where: string, error: Error, code: ErrorCode): void {
    if (this.#throttle.admits(`${code} ${error.message}`, where)) {
      this.#log.trouble(where, error, code, "listeners");
    }
  }

  /** Logs the last counts, and ends the timer. */
  stop(): void {
    this.#throttle.stop();
  }
}

/** Returns the code and the text of a key of the throttle. */
function split(key: string): [ErrorCode, string] {
  if (key === OTHERS) return ["listen-failed", OTHERS];
  const end = key.indexOf(" ");
  return [key.slice(0, end) as ErrorCode, key.slice(end + 1)];
}
