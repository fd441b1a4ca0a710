import type { Clock } from "../../clock/mod.ts";
import type { Credentials } from "../../security/mod.ts";
import type { BrokerLog } from "../broker_log.ts";
import { RareTelling } from "../rare_telling.ts";

/** Letters of a stranger's name that are told. */
const MOST_LETTERS = 100;

/** Tells of clients that were not let in, and why. */
export class LoginLog {
  readonly #log: BrokerLog;
  readonly #telling: RareTelling;

  constructor(clock: Clock, log: BrokerLog) {
    this.#log = log;
    this.#telling = new RareTelling(clock, (count) => {
      log.notice("logins", `${count} more were refused in the last minute`);
    });
  }

  /** Tells it, unless it or too many others were told this minute. */
  denied(credentials: Credentials, why: string): void {
    const { listener, hostname, clientId, username } = credentials;
    const user = username === null ? "no user" : `user ${named(username)}`;
    this.#telling.tell(`${listener} ${hostname} ${user} ${why}`, () => {
      const who = `${hostname}: client ${named(clientId)}, ${user}`;
      this.#log.notice(`listener ${listener}`, `refused ${who}: ${why}`);
    });
  }

  /** Ends its timer. */
  stop(): void {
    this.#telling.stop();
  }
}

/**
 * Not too long: strangers choose it. In quotes where it is more than a word, so
 * that it cannot pass for a part of what is told.
 */
function named(text: string): string {
  const name = text.length > MOST_LETTERS
    ? `${text.slice(0, MOST_LETTERS)}…`
    : text;
  return /^[\p{L}\p{N}._@+/#$…-]+$/u.test(name) ? name : JSON.stringify(name);
}
