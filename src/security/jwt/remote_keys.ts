import type { Clock } from "../../clock/mod.ts";
import { ask, WebError } from "../http/request.ts";
import {
  jwksKeys,
  PUBLIC_ALGORITHMS,
  type TokenHeader,
  type TokenKey,
  type TokenKeyError,
  type TokenKeys,
} from "./keys.ts";

/** URL of a JWKS, and options of the fetch. */
export interface RemoteKeysOptions {
  /** Begins with `http://` or `https://`. */
  readonly url: string;
  /** Milliseconds that it may take. */
  readonly timeout: number;
  /** Milliseconds that it holds; 0 fetches it each time. */
  readonly cache: number;
  /** Told when it cannot be fetched; must not throw. */
  readonly onTrouble: (error: Error) => void;
  /** Told when that is over; must not throw. */
  readonly onRecovered: () => void;
}

/**
 * Milliseconds after a fetch within which a key that is not known is no reason
 * for another, nor a failure for another try: clients choose how often they
 * connect.
 */
const COOLDOWN = 10_000;

/** Time that the last keys still count while a fetch fails (ms). */
const GRACE = 3600_000;

/** A hundred keys with their certificates have room (bytes). */
const LARGEST = 512 * 1024;

/** Fetched, and when. */
interface Fetched {
  readonly keys: TokenKeys;
  readonly at: number;
}

/**
 * Keys that are fetched when they are needed. A token by a key that is not
 * known fetches them anew, so that a new key works at once.
 */
export class RemoteKeys implements TokenKeys {
  /** Whatever a public key can be for: which it are is not known yet. */
  readonly algorithms: readonly string[] = PUBLIC_ALGORITHMS;
  readonly #options: RemoteKeysOptions;
  readonly #clock: Clock;
  #last: Fetched | null = null;
  /** The fetch under way: one serves all who wait. */
  #fetching: Promise<Fetched> | null = null;
  #failedAt = -Infinity;
  #failure: Error | null = null;

  /** Fetches nothing yet. */
  constructor(options: RemoteKeysOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
  }

  async find(header: TokenHeader): Promise<readonly TokenKey[]> {
    const fetched = await this.#current();
    const found = await fetched.keys.find(header);
    if (found.length > 0) return found;
    if (this.#clock.now() - fetched.at < COOLDOWN || this.#isCooling) return [];
    return (await (await this.#fetch()).keys.find(header));
  }

  has(id: string): boolean {
    // Before the first fetch every key id is accepted.
    return this.#last?.keys.has(id) ?? true;
  }

  get #isCooling(): boolean {
    return this.#clock.now() - this.#failedAt < COOLDOWN;
  }

  async #current(): Promise<Fetched> {
    const last = this.#last;
    const age = last === null ? Infinity : this.#clock.now() - last.at;
    if (last !== null && age < this.#options.cache) return last;
    const isUsable = last !== null && age < this.#options.cache + GRACE;
    if (this.#isCooling) {
      if (isUsable) return last;
      throw this.#failure!;
    }
    try {
      return await this.#fetch();
    } catch (error) {
      if (isUsable) return last;
      throw error;
    }
  }

  #fetch(): Promise<Fetched> {
    this.#fetching ??= this.#load().finally(() => this.#fetching = null);
    return this.#fetching;
  }

  async #load(): Promise<Fetched> {
    const { url, timeout, onTrouble, onRecovered } = this.#options;
    try {
      const { status, text } = await ask(
        { url, timeout, largest: LARGEST },
        this.#clock,
      );
      if (status !== 200) throw new WebError(url, `answered ${status}`);
      const keys = await jwksKeys(text, url);
      if (this.#failure !== null) onRecovered();
      this.#failure = null;
      this.#failedAt = -Infinity;
      return this.#last = { keys, at: this.#clock.now() };
    } catch (error) {
      const failure = error as WebError | TokenKeyError;
      // Once for an outage, however long it lasts.
      if (this.#failure === null) onTrouble(failure);
      this.#failure = failure;
      this.#failedAt = this.#clock.now();
      throw failure;
    }
  }
}
