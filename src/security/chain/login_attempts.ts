import type { Clock } from "../../clock/mod.ts";
import { ReasonCode } from "../../mqtt/mod.ts";
import { subscriberOf } from "../../network/mod.ts";
import type { AuthOutcome } from "../authenticator.ts";

/** Time that a failed login counts, and too many cause refusals (ms). */
const MEMORY = 60_000;

/** Names and addresses remembered; then the oldest are forgotten. */
const MOST = 10_000;

/** Logins that may wait at one time; more are refused at once. */
const MOST_WAITING = 4096;

/** Letters of a user name that count here: clients choose its length. */
const MOST_LETTERS = 200;

/** Limits against guessing. */
export interface LoginLimits {
  /** Milliseconds that a login waits after one that failed; 0 waits never. */
  readonly delay: number;
  /** Failed logins in a row before more are refused; 0 sets no bound. */
  readonly maxFailures: number;
}

/** Counts since the start. */
export interface LoginCounts {
  /** Logins refused because of what they gave. */
  failed: number;
  /** Logins that had to wait because of one that failed. */
  delayed: number;
  /** Logins refused unseen, after too many that failed. */
  refused: number;
}

/** The logins of one user from one address. */
interface Pair {
  failures: number;
  /** When the last of them failed (ms). */
  failedAt: number;
  /** Logins that wait or are under way. */
  here: number;
  /** Logins that are being judged. */
  underWay: number;
  /** Logins that wait for one under way. */
  readonly waiting: (() => void)[];
}

/** 3.x knows it as "server unavailable". */
const TOO_MANY: AuthOutcome = {
  kind: "deny",
  reasonCode: ReasonCode.ConnectionRateExceeded,
  why: "too many failed logins",
};

/**
 * Slows down who guesses passwords. After a login that failed, the next ones of
 * that user and of that address wait. After too many in a row, those of the
 * user from the address are refused for a minute, unseen; of one user from
 * another address they are not, else anybody could shut anybody out.
 */
export class LoginAttempts {
  readonly #clock: Clock;
  /** Changes take effect at once. */
  limits: LoginLimits;
  /** Counts since the start. */
  readonly counts: LoginCounts = { failed: 0, delayed: 0, refused: 0 };
  /** When a login last failed, by user and by address. */
  readonly #failedAt = new Map<string, number>();
  readonly #pairs = new Map<string, Pair>();
  #waiting = 0;

  /** Starts no timer before a login has to wait. */
  constructor(clock: Clock, limits: LoginLimits) {
    this.#clock = clock;
    this.limits = limits;
  }

  /** Names and addresses of which something is remembered; bounded. */
  get remembered(): number {
    return this.#failedAt.size + this.#pairs.size;
  }

  /**
   * Lets `work` judge a login when it is its turn; resolves to what it says, or
   * to a refusal. Rejects as `work` does. Null is no user name.
   */
  async judge(
    username: string | null,
    hostname: string,
    work: () => Promise<AuthOutcome>,
  ): Promise<AuthOutcome> {
    const user = `u ${(username ?? "").slice(0, MOST_LETTERS)}`;
    const address = `a ${subscriberOf(hostname)}`;
    const key = `${address} ${user}`;
    const pair = this.#enter(key);
    try {
      const isIn = await this.#turn(pair, user, address);
      return isIn ? await this.#watch(pair, user, address, work) : TOO_MANY;
    } finally {
      pair.here--;
      if (pair.here === 0 && pair.failures === 0) this.#pairs.delete(key);
    }
  }

  /** Judges a login that has its turn, and gives the turn back. */
  async #watch(
    pair: Pair,
    user: string,
    address: string,
    work: () => Promise<AuthOutcome>,
  ): Promise<AuthOutcome> {
    try {
      const outcome = await work();
      if (outcome.kind === "allow") pair.failures = 0;
      if (isFailure(outcome)) {
        this.counts.failed++;
        pair.failures++;
        pair.failedAt = this.#clock.now();
        this.#remember(user, pair.failedAt);
        this.#remember(address, pair.failedAt);
      }
      return outcome;
    } finally {
      pair.underWay--;
      for (const wake of pair.waiting.splice(0)) wake();
    }
  }

  /** Waits for a turn and takes it; false when there is none to be had. */
  async #turn(pair: Pair, user: string, address: string): Promise<boolean> {
    let wait = this.#delayOf(user, address);
    if (wait > 0) this.counts.delayed++;
    for (;;) {
      if (this.#isShutOut(pair)) {
        this.counts.refused++;
        return false;
      }
      const { maxFailures } = this.limits;
      const hasPlace = maxFailures === 0 ||
        pair.failures + pair.underWay < maxFailures;
      if (wait === 0 && hasPlace) {
        // Here, or others would take the same place before it begins.
        pair.underWay++;
        return true;
      }
      if (this.#waiting >= MOST_WAITING) {
        this.counts.refused++;
        return false;
      }
      this.#waiting++;
      // Only once: those who go on failing must not hold up others for ever.
      if (wait > 0) await this.#after(wait);
      else await new Promise<void>((wake) => pair.waiting.push(wake));
      this.#waiting--;
      wait = 0;
    }
  }

  /** Milliseconds that a login has to wait because of one that failed. */
  #delayOf(user: string, address: string): number {
    const { delay } = this.limits;
    if (delay === 0) return 0;
    const failedAt = Math.max(
      this.#failedAt.get(user) ?? -Infinity,
      this.#failedAt.get(address) ?? -Infinity,
    );
    return Math.max(0, failedAt + delay - this.#clock.now());
  }

  #isShutOut(pair: Pair): boolean {
    if (pair.failures > 0 && this.#clock.now() - pair.failedAt >= MEMORY) {
      pair.failures = 0;
    }
    const { maxFailures } = this.limits;
    return maxFailures > 0 && pair.failures >= maxFailures;
  }

  #after(ms: number): Promise<void> {
    return new Promise((resolve) => this.#clock.after(ms, resolve));
  }

  /** Returns the pair, with one more login in it. */
  #enter(key: string): Pair {
    let pair = this.#pairs.get(key);
    if (pair !== undefined) {
      pair.here++;
      return pair;
    }
    pair = { failures: 0, failedAt: 0, here: 1, underWay: 0, waiting: [] };
    this.#pairs.set(key, pair);
    if (this.#pairs.size > MOST) this.#forgetOne();
    return pair;
  }

  /** The oldest of those who are not at it; they are as many as connections. */
  #forgetOne(): void {
    for (const [key, pair] of this.#pairs) {
      if (pair.here > 0) continue;
      this.#pairs.delete(key);
      return;
    }
  }

  /** Set anew, the latest stand last. */
  #remember(key: string, at: number): void {
    this.#failedAt.delete(key);
    this.#failedAt.set(key, at);
    if (this.#failedAt.size <= MOST) return;
    const [oldest] = this.#failedAt.keys();
    this.#failedAt.delete(oldest);
  }
}

/**
 * Returns whether it was the client's fault; a server that does not answer is
 * not.
 */
function isFailure(outcome: AuthOutcome): boolean {
  return outcome.kind === "deny" &&
    (outcome.reasonCode === ReasonCode.BadUserNameOrPassword ||
      outcome.reasonCode === ReasonCode.NotAuthorized);
}
