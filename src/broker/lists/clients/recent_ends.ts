import type { CloseReason } from "../../../session/mod.ts";

/** Ends that are remembered, of all clients together. */
const MOST = 8192;

/** An end of a connection. */
export interface End {
  /** Time by `Clock.now` (ms). */
  readonly at: number;
  readonly reason: CloseReason;
  /** IP address of the peer. */
  readonly address: string;
}

/** An end, and the one before it of the same client. */
interface Linked extends End {
  readonly clientId: string;
  /** Number of the end before it; -1 for none. */
  readonly before: number;
}

/**
 * Remembers the latest ends of connections, to look up by client: a client that
 * comes and goes shows why. The oldest ends are forgotten.
 */
export class RecentEnds {
  readonly #most: number;
  /** By number, modulo the most. */
  readonly #ends: Linked[] = [];
  /** Number of the latest end of each client. */
  readonly #latest = new Map<string, number>();
  #count = 0;

  /** Remembers up to `most` ends. */
  constructor(most: number = MOST) {
    this.#most = most;
  }

  /** Notes an end, in constant time. */
  note(clientId: string, end: End): void {
    const number = this.#count++;
    const place = number % this.#most;
    const forgotten = this.#ends[place];
    if (
      forgotten !== undefined &&
      this.#latest.get(forgotten.clientId) === number - this.#most
    ) this.#latest.delete(forgotten.clientId);
    const before = this.#latest.get(clientId) ?? -1;
    this.#ends[place] = { ...end, clientId, before };
    this.#latest.set(clientId, number);
  }

  /** Returns up to `most` ends of a client, the last one first. */
  of(clientId: string, most: number): readonly End[] {
    const found: End[] = [];
    let number = this.#latest.get(clientId) ?? -1;
    while (number >= 0 && found.length < most) {
      // A forgotten end has left its place to another.
      if (number < this.#count - this.#most) break;
      const { at, reason, address, before } = this.#ends[number % this.#most];
      found.push({ at, reason, address });
      number = before;
    }
    return found;
  }
}
