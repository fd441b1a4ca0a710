/** A valid topic name, in the two forms that are needed of it. */
export class Topic {
  /** The name as text. */
  readonly text: string;
  /** The name as it goes on the wire, without its length; never changed. */
  readonly bytes: Uint8Array;
  /**
   * Unlike that of any other topic of the process, for whoever remembers
   * something of it; 0 for one that is not worth it.
   */
  number = 0;

  /** Takes over `bytes`; the caller has checked the name. */
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

  /** Returns the same topic with bytes of its own. */
  own(): Topic {
    return new Topic(this.text, this.bytes.slice());
  }
}
