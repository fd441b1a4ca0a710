import type { Outgoing } from "./outgoing.ts";

/** A first-in-first-out queue over a ring, with its size in bytes. */
export class Backlog {
  #ring: (Outgoing | null)[] = [];
  #head = 0;
  /** How many messages wait. */
  size = 0;
  /** Their size in bytes (see `Message.size`). */
  bytes = 0;

  /** Appends `entry`; bounds are the session's to keep. */
  push(entry: Outgoing): void {
    if (this.size === this.#ring.length) this.#grow();
    this.#ring[(this.#head + this.size) & (this.#ring.length - 1)] = entry;
    this.size++;
    this.bytes += entry.message!.size;
  }

  /** The next one, left where it is; null when there is none. */
  peek(): Outgoing | null {
    return this.size === 0 ? null : this.#ring[this.#head];
  }

  /** Takes the next one out; null when there is none. */
  shift(): Outgoing | null {
    if (this.size === 0) return null;
    const entry = this.#ring[this.#head]!;
    this.#ring[this.#head] = null;
    this.#head = (this.#head + 1) & (this.#ring.length - 1);
    this.size--;
    this.bytes -= entry.message!.size;
    // One that was long once must not stay so in a session that lives on.
    if (this.size === 0 && this.#ring.length > 1024) this.#ring = [];
    return entry;
  }

  #grow(): void {
    const ring = new Array<Outgoing | null>(Math.max(8, this.#ring.length * 2))
      .fill(null);
    for (let i = 0; i < this.size; i++) {
      ring[i] = this.#ring[(this.#head + i) & (this.#ring.length - 1)];
    }
    this.#ring = ring;
    this.#head = 0;
  }
}
