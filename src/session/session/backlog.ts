import { broken } from "../../errors/mod.ts";
import type { Counters } from "../core/counters.ts";
import type { SessionOptions } from "../core/options.ts";
import type { Outgoing } from "../core/outgoing.ts";
import type { DropReason } from "../core/reasons.ts";

/** Places of the first part, and of the longest. */
const FIRST = 8;
const LONGEST = 256;

/** Some of the entries in their order, and the next part. */
interface Part {
  readonly places: (Outgoing | null)[];
  next: Part | null;
}

/**
 * The messages that wait for one client, first in, first out, with their bounds.
 * It grows part by part without copies, and gives an emptied part back.
 */
export class Backlog {
  readonly #counters: Counters;
  #first: Part | null = null;
  #last: Part | null = null;
  /** Place of the next entry in the first part, and behind the last entry. */
  #head = 0;
  #tail = 0;
  /** Number of waiting messages. */
  size = 0;
  /** Number of those with QoS 0. */
  qos0 = 0;
  /** Their size in bytes (see `Message.size`). */
  bytes = 0;

  /** `counters` count the messages of all backlogs together. */
  constructor(counters: Counters) {
    this.#counters = counters;
  }

  /** Returns the bound that one more message of `size` bytes exceeds, or null. */
  exceeds(
    size: number,
    { backlogMessages, backlogBytes }: SessionOptions,
  ): DropReason | null {
    if (this.size >= backlogMessages) return "backlog-messages";
    return this.bytes + size > backlogBytes ? "backlog-bytes" : null;
  }

  /** Appends `entry`; its caller keeps the bounds. */
  push(entry: Outgoing): void {
    let last = this.#last;
    if (last === null || this.#tail === last.places.length) {
      last = this.#grow(last);
    }
    last.places[this.#tail++] = entry;
    this.size++;
    if (entry.qos === 0) this.qos0++;
    this.#counters.queuedMessages++;
    this.bytes += entry.message!.size;
  }

  /** Returns the next entry, which stays; null when there is none. */
  peek(): Outgoing | null {
    return this.size === 0 ? null : this.#first!.places[this.#head];
  }

  /** Removes and returns the next entry; null when there is none. */
  shift(): Outgoing | null {
    if (this.size === 0) return null;
    const { places, next } = this.#first!;
    const entry = places[this.#head]!;
    places[this.#head++] = null;
    this.size--;
    if (entry.qos === 0) this.qos0--;
    if (--this.#counters.queuedMessages < 0) {
      const { queuedMessages } = this.#counters;
      this.#counters.queuedMessages = broken("queued-messages", queuedMessages);
    }
    this.bytes -= entry.message!.size;
    if (this.size === 0) {
      if (this.bytes !== 0) this.bytes = broken("backlog-bytes", this.bytes);
      // A short part stays for the next entries.
      this.#head = this.#tail = 0;
      if (places.length > FIRST) this.#first = this.#last = null;
    } else if (this.#head === places.length) {
      this.#first = next;
      this.#head = 0;
    }
    return entry;
  }

  #grow(last: Part | null): Part {
    const length = last === null
      ? FIRST
      : Math.min(last.places.length * 2, LONGEST);
    const part: Part = { places: new Array(length).fill(null), next: null };
    if (last === null) this.#first = part;
    else last.next = part;
    this.#last = part;
    this.#tail = 0;
    return part;
  }
}
