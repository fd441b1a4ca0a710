import type { Message, QoS } from "../mqtt/mod.ts";
import type { Delivery } from "../router/mod.ts";

/** A neutral message that waits for its receiver; it has no packet id yet. */
export interface Waiting {
  readonly message: Message;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly delivery: Delivery;
}

/** A first-in-first-out queue over a ring, with its size in bytes. */
export class Backlog {
  #ring: (Waiting | null)[] = [];
  #head = 0;
  /** How many messages wait. */
  size = 0;
  /** Their size in bytes (see `Message.size`). */
  bytes = 0;

  /** Appends `waiting`; bounds are the session's to keep. */
  push(waiting: Waiting): void {
    if (this.size === this.#ring.length) this.#grow();
    this.#ring[(this.#head + this.size) & (this.#ring.length - 1)] = waiting;
    this.size++;
    this.bytes += waiting.message.size;
  }

  /** The next one, left where it is; null when there is none. */
  peek(): Waiting | null {
    return this.size === 0 ? null : this.#ring[this.#head];
  }

  /** Takes the next one out; null when there is none. */
  shift(): Waiting | null {
    if (this.size === 0) return null;
    const waiting = this.#ring[this.#head]!;
    this.#ring[this.#head] = null;
    this.#head = (this.#head + 1) & (this.#ring.length - 1);
    this.size--;
    this.bytes -= waiting.message.size;
    if (this.size === 0 && this.#ring.length > 1024) this.#ring = [];
    return waiting;
  }

  #grow(): void {
    const ring = new Array<Waiting | null>(Math.max(8, this.#ring.length * 2))
      .fill(null);
    for (let i = 0; i < this.size; i++) {
      ring[i] = this.#ring[(this.#head + i) & (this.#ring.length - 1)];
    }
    this.#ring = ring;
    this.#head = 0;
  }
}
