import type { Clock } from "../../clock/mod.ts";
import { subscriberOf } from "../../network/mod.ts";

/** Failed log-ins in a row that one address has free. */
const FREE = 5;

/** Failed log-ins of all addresses without a success that are free. */
const FREE_OF_ALL = 50;

/** In this time one more attempt becomes free (ms): of an address, of all. */
const REFILL = 12_000;
const REFILL_OF_ALL = 1200;

/** Addresses remembered; then the oldest gives way. */
const MOST = 10_000;

/** Attempts that are left, as of a time. */
interface Bucket {
  left: number;
  at: number;
  /** Whether a log-in from there succeeded: then `all` does not bound it. */
  isKnown: boolean;
}

/**
 * Bounds the guessing of passwords: five attempts from an address and then one
 * in 12 s; from all unknown addresses together 50 and then one in 1.2 s. An
 * address from which a log-in succeeded has its own bound only, so that a flood
 * from elsewhere does not lock out its users.
 */
export class LoginRate {
  readonly #clock: Clock;
  readonly #addresses = new Map<string, Bucket>();
  readonly #all: Bucket;

  /** All attempts are left. */
  constructor(clock: Clock) {
    this.#clock = clock;
    this.#all = { left: FREE_OF_ALL, at: clock.now(), isKnown: false };
  }

  /** Counts the addresses that are remembered; bounded. */
  get remembered(): number {
    return this.#addresses.size;
  }

  /**
   * Takes an attempt from `hostname`. Returns 0, or the time until the next one
   * (ms) where none is left.
   */
  take(hostname: string): number {
    const own = this.#bucketOf(hostname);
    refill(own, this.#clock.now(), FREE, REFILL);
    refill(this.#all, this.#clock.now(), FREE_OF_ALL, REFILL_OF_ALL);
    if (own.left < 1) return waitOf(own, REFILL);
    if (!own.isKnown) {
      if (this.#all.left < 1) return waitOf(this.#all, REFILL_OF_ALL);
      this.#all.left--;
    }
    own.left--;
    return 0;
  }

  /** Gives an attempt of `hostname` back that was not judged. */
  giveBack(hostname: string): void {
    const own = this.#bucketOf(hostname);
    own.left = Math.min(FREE, own.left + 1);
    if (own.isKnown) return;
    this.#all.left = Math.min(FREE_OF_ALL, this.#all.left + 1);
  }

  /** Gives the attempts of `hostname` back: its log-in succeeded. */
  succeeded(hostname: string): void {
    const own = this.#bucketOf(hostname);
    if (!own.isKnown) {
      this.#all.left = Math.min(FREE_OF_ALL, this.#all.left + 1);
    }
    own.left = FREE;
    own.isKnown = true;
  }

  #bucketOf(hostname: string): Bucket {
    const key = subscriberOf(hostname);
    let bucket = this.#addresses.get(key);
    if (bucket === undefined) {
      bucket = { left: FREE, at: this.#clock.now(), isKnown: false };
    } else this.#addresses.delete(key);
    // Set anew, the latest stands last.
    this.#addresses.set(key, bucket);
    if (this.#addresses.size > MOST) this.#forgetOne();
    return bucket;
  }

  /** A flood of addresses must not displace those of users. */
  #forgetOne(): void {
    for (const [key, { isKnown }] of this.#addresses) {
      if (isKnown) continue;
      this.#addresses.delete(key);
      return;
    }
    const [oldest] = this.#addresses.keys();
    this.#addresses.delete(oldest);
  }
}

function refill(bucket: Bucket, now: number, most: number, ms: number): void {
  bucket.left = Math.min(most, bucket.left + (now - bucket.at) / ms);
  bucket.at = now;
}

function waitOf({ left }: Bucket, ms: number): number {
  return Math.ceil((1 - left) * ms);
}
