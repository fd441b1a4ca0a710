import { createHmac, randomBytes } from "node:crypto";
import type { Clock } from "../../clock/mod.ts";

/** Logins remembered; then the oldest are forgotten. */
const MOST = 10_000;

/** Time that a login is remembered (ms). */
const MEMORY = 24 * 3600_000;

/**
 * Logins that were right, so that a crowd that comes back after the network has
 * failed does not wait for one hash each. Nothing is kept but a keyed digest of
 * user, stored hash and password; the key is another one in each process and
 * never leaves it. A new password is a new stored hash, so an old login no
 * longer counts.
 */
export class KnownLogins {
  readonly #clock: Clock;
  readonly #key = randomBytes(32);
  /** Until when, by digest. */
  readonly #until = new Map<string, number>();

  /** Knows no login yet. */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Returns whether this login was right within the last day. */
  has(user: string, hash: string, password: Uint8Array): boolean {
    const digest = this.#digest(user, hash, password);
    const until = this.#until.get(digest);
    if (until === undefined) return false;
    if (until > this.#clock.now()) return true;
    this.#until.delete(digest);
    return false;
  }

  /** This login was right. */
  add(user: string, hash: string, password: Uint8Array): void {
    const digest = this.#digest(user, hash, password);
    // Set anew, the latest stand last.
    this.#until.delete(digest);
    this.#until.set(digest, this.#clock.now() + MEMORY);
    if (this.#until.size <= MOST) return;
    const [oldest] = this.#until.keys();
    this.#until.delete(oldest);
  }

  #digest(user: string, hash: string, password: Uint8Array): string {
    // The lengths keep one text from passing for part of the next.
    return createHmac("sha256", this.#key)
      .update(`${user.length} ${hash.length} ${user}${hash}`)
      .update(password).digest("base64");
  }
}
