import type { Cancel, Clock } from "../clock/mod.ts";
import type { Credentials } from "../security/mod.ts";
import type { BrokerLog } from "./broker.ts";

/** Refusals told in one minute; strangers must not fill the log. */
const MOST = 20;

const MINUTE = 60_000;

/** Letters of a stranger's name that are told. */
const MOST_LETTERS = 100;

/** Tells of clients that were not let in, and why. */
export class LoginLog {
  readonly #clock: Clock;
  readonly #log: BrokerLog;
  /** Told in this minute: who and why. */
  readonly #told = new Set<string>();
  #untold = 0;
  #minute: Cancel | null = null;

  constructor(clock: Clock, log: BrokerLog) {
    this.#clock = clock;
    this.#log = log;
  }

  /** Tells it, unless it or too many others were told this minute. */
  denied(credentials: Credentials, why: string): void {
    const { listener, hostname, clientId, username } = credentials;
    const user = username === null ? "no user" : `user ${cut(username)}`;
    const who = `${hostname}: client ${cut(clientId)}, ${user}`;
    const key = `${listener} ${hostname} ${user} ${why}`;
    if (this.#told.has(key)) return;
    if (this.#told.size >= MOST) {
      this.#untold++;
      return;
    }
    this.#told.add(key);
    this.#minute ??= this.#clock.after(MINUTE, () => this.#next());
    this.#log.notice(`listener ${listener}`, `refused ${who}: ${why}`);
  }

  /** Ends its timer. */
  stop(): void {
    this.#minute?.();
  }

  #next(): void {
    this.#minute = null;
    this.#told.clear();
    if (this.#untold === 0) return;
    this.#log.notice(
      "logins",
      `${this.#untold} more were refused in the last minute`,
    );
    this.#untold = 0;
  }
}

/** Not too long: strangers choose it. The log quotes what it is told. */
function cut(name: string): string {
  return name.length > MOST_LETTERS ? `${name.slice(0, MOST_LETTERS)}…` : name;
}
