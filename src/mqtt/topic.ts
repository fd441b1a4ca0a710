/**
 * Longest topic (bytes) that state beside messages keeps: clients choose the
 * length, and V8's heap has the text.
 */
const LONGEST_KEPT = 512;

/** A valid topic name, as text and as bytes. */
export class Topic {
  /** The name as text. */
  readonly text: string;
  /** The encoded name without its length; it never changes. */
  readonly bytes: Uint8Array;
  /**
   * A number that no other topic of the process has, as a key of caches; 0 for a
   * topic that no cache should keep.
   */
  number = 0;

  /** Takes `bytes` over; the caller has checked the name. */
  constructor(text: string, bytes: Uint8Array) {
    this.text = text;
    this.bytes = bytes;
  }

  /**
   * Whether `bytes` is a view into a longer array, which it keeps in memory.
   * The topic of a retained message is one while the router reads its block.
   */
  get isView(): boolean {
    return this.bytes.byteOffset > 0;
  }

  /** Whether it is too long for caches, which have bounds in topics. */
  get isLong(): boolean {
    return this.bytes.length > LONGEST_KEPT;
  }

  /** Returns the same topic with bytes of its own. */
  own(): Topic {
    return new Topic(this.text, this.bytes.slice());
  }
}
