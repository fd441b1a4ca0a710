import type { Clock } from "../../clock/mod.ts";
import { newSecret } from "./secret.ts";

/** A session without a request ends after this time (ms). */
const IDLE = 12 * 3600_000;

/** A session ends after this time, however busy (ms). */
const LONGEST = 7 * 24 * 3600_000;

/** Sessions at a time; then the one that rested longest ends. */
const MOST = 1000;

/** A browser that has logged in. */
export interface BrowserSession {
  /** Name of its user. */
  readonly user: string;
  /** Hash of the password at the log-in: a change ends the session. */
  readonly password: string;
  /** Secret that each change has to bring in a header. */
  readonly csrf: string;
  readonly beganAt: number;
  usedAt: number;
}

/** The sessions of browsers, in memory: a restart of the broker ends them. */
export class BrowserSessions {
  readonly #clock: Clock;
  readonly #sessions = new Map<string, BrowserSession>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts them. */
  get size(): number {
    return this.#sessions.size;
  }

  /** Begins a session; returns it with the secret of its cookie. */
  begin(
    user: string,
    password: string,
  ): { cookie: string; session: BrowserSession } {
    const now = this.#clock.now();
    const cookie = newSecret();
    const csrf = newSecret();
    const session = { user, password, csrf, beganAt: now, usedAt: now };
    this.#sessions.set(cookie, session);
    if (this.#sessions.size > MOST) {
      const [oldest] = this.#sessions.keys();
      this.#sessions.delete(oldest);
    }
    return { cookie, session };
  }

  /** Returns the session of a cookie, and counts its use; null for none. */
  get(cookie: string): BrowserSession | null {
    const session = this.#sessions.get(cookie);
    if (session === undefined) return null;
    const now = this.#clock.now();
    this.#sessions.delete(cookie);
    if (now - session.usedAt >= IDLE || now - session.beganAt >= LONGEST) {
      return null;
    }
    session.usedAt = now;
    // Set anew, the one that rested longest stands first.
    this.#sessions.set(cookie, session);
    return session;
  }

  /** Ends the session of a cookie. */
  end(cookie: string): void {
    this.#sessions.delete(cookie);
  }
}
