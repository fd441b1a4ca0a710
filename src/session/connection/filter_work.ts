import type {
  FilterListHead,
  FilterListSlice,
  Frame,
} from "../../codec/mod.ts";

/** Bounds of a slice: other connections get their turn after it. */
const SLICE: FilterListSlice = { filters: 256, bytes: 16 * 1024 };

/**
 * A SUBSCRIBE or UNSUBSCRIBE under way. One packet may have very many topic
 * filters, so its handler works in slices, and the broker serves other
 * connections in between. The handler checks the whole packet first: a packet
 * that ends the connection has no other effect. A packet of one slice is read
 * once.
 */
export class FilterWork {
  /** Packet id, 1 to 65,535. */
  readonly packetId: number;
  /** The subscription identifier; 0 without one. */
  readonly identifier: number;
  /** The reason codes so far, one for each filter handled. */
  readonly codes: number[] = [];
  /** Whether a filter was granted or removed, which may have to last. */
  hasEffect = false;
  /** Whether a filter was refused by an access rule. */
  isDenied = false;
  /** The reason of the first refusal, for the client. */
  reason: string | undefined = undefined;
  // Offsets from the beginning of the packet, which may move in the chunk.
  readonly #first: number;
  #at: number;
  #next: number;
  #isChecked = false;

  constructor(head: FilterListHead, frame: Frame) {
    this.packetId = head.packetId;
    this.identifier = head.properties.subscriptionIdentifier ?? 0;
    this.#first = this.#at = this.#next = head.start - frame.start;
  }

  /**
   * Reads the next slice with `decode`, which returns the offset behind it.
   * Returns whether the slice may take effect once the caller has checked it;
   * otherwise the packet has to come again.
   */
  read(
    frame: Frame,
    decode: (at: number, slice: FilterListSlice) => number,
  ): boolean {
    this.#next = decode(frame.start + this.#at, SLICE) - frame.start;
    if (this.#isChecked) return true;
    const isLast = this.#isLast(frame);
    const isWhole = isLast && this.#at === this.#first;
    this.#isChecked = isLast;
    this.#at = isLast ? this.#first : this.#next;
    return isWhole;
  }

  /** Moves on behind the slice; returns whether it was the last one. */
  advance(frame: Frame): boolean {
    this.#at = this.#next;
    return this.#isLast(frame);
  }

  #isLast(frame: Frame): boolean {
    return frame.start + this.#next === frame.end;
  }
}
