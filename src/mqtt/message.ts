import type { Topic } from "./topic.ts";
import type { QoS } from "./version.ts";

/** Bytes of the block that kept small payloads share. */
const BLOCK = 8192;

/** The longest payload that goes into it. */
const SHARED_MAXIMUM = 1024;

/** The buffer that a transient message is a view into. */
export interface ByteOwner {
  /**
   * Asks for `bytes` themselves instead of a copy of `length` of them. After
   * true the owner never writes into `bytes` again; after false it may, as
   * soon as the turn is over.
   */
  claim(bytes: Uint8Array, length: number): boolean;
}

let block = new Uint8Array(BLOCK);
let blockUsed = 0;

/**
 * An application message, neutral of any receiver: packet id, alias, DUP and
 * remaining expiry are decided when it is encoded for one.
 *
 * A *transient* message is a view into bytes of an owner that will write into
 * them again. It is valid only during the turn that decoded it; `keep()` gives
 * the lasting message, made at most once.
 */
export class Message {
  /** Where it goes; its name is valid. */
  topic: Topic;
  /** Holds the payload, and for a transient message the whole chunk. */
  bytes: Uint8Array;
  /** Index in `bytes` of the payload's first byte. */
  payloadStart: number;
  /** Index in `bytes` behind the payload's last byte. */
  payloadEnd: number;
  /**
   * Encoded v5 properties to pass on, in the publisher's order; without
   * message expiry, topic alias and subscription identifiers. Null when none.
   */
  properties: Uint8Array | null = null;
  /** The quality of service it was published with. */
  qos: QoS = 0;
  /** The RETAIN flag it was published with. */
  retain = false;
  /** Absolute time in ms, or Infinity when it never expires. */
  expiresAt: number = Infinity;
  /**
   * Where the PUBLISH frame stands in `bytes` when it could be passed on as it
   * is to a QoS 0 receiver of `frameVersion`; -1 when it could not.
   */
  frameStart: number = -1;
  /** Index in `bytes` behind that frame; -1 without one. */
  frameEnd: number = -1;
  /** 4 for a frame without the v5 property length (3.1 and 3.1.1), else 5. */
  frameVersion: 4 | 5 = 4;
  /** Client id of the publisher; empty for the broker's own messages. */
  publisher = "";
  /** Whether it is never stored: its topic says so. */
  volatile = false;
  /** How many windows and backlogs hold it: its bytes are counted once. */
  holders = 0;
  /** True while `bytes` has an owner that will write into them again. */
  transient = false;
  /** The owner of `bytes` that may give them away; null: `keep` copies. */
  owner: ByteOwner | null = null;
  /** The lasting copy, once one was made. */
  kept: Message | null = null;

  /** The payload is `bytes` from `payloadStart` up to `payloadEnd`. */
  constructor(
    topic: Topic,
    bytes: Uint8Array,
    payloadStart: number,
    payloadEnd: number,
  ) {
    this.topic = topic;
    this.bytes = bytes;
    this.payloadStart = payloadStart;
    this.payloadEnd = payloadEnd;
  }

  /** Bytes of the payload. */
  get payloadLength(): number {
    return this.payloadEnd - this.payloadStart;
  }

  /** Bytes it costs while it is kept: for bounds, not exact to the byte. */
  get size(): number {
    return this.payloadEnd - this.payloadStart + this.topic.bytes.length +
      (this.properties === null ? 0 : this.properties.length);
  }

  /** The message itself when it lasts, else its lasting copy. */
  keep(): Message {
    if (!this.transient) return this;
    if (this.kept !== null) return this.kept;
    const length = this.payloadEnd - this.payloadStart;
    const kept = length > SHARED_MAXIMUM
      ? this.#keepLarge(length)
      : this.#keepShared(length);
    // A queue counts the bytes of the topic, not the block they stand in.
    if (kept.topic.isView) kept.topic = kept.topic.own();
    kept.properties = this.properties;
    kept.qos = this.qos;
    kept.retain = this.retain;
    kept.expiresAt = this.expiresAt;
    kept.publisher = this.publisher;
    kept.volatile = this.volatile;
    return this.kept = kept;
  }

  /**
   * Gives a kept message bytes of its own, so that one which stays long does
   * not hold on to the block it shares with others. Changes only where the
   * same payload stands, so all its holders gain.
   */
  compact(): Message {
    if (this.transient) return this.keep().compact();
    const length = this.payloadEnd - this.payloadStart;
    if (this.bytes.length > length) {
      this.bytes = this.bytes.slice(this.payloadStart, this.payloadEnd);
      this.payloadStart = 0;
      this.payloadEnd = length;
    }
    return this;
  }

  /** Takes over the bytes of a large payload where their owner agrees. */
  #keepLarge(length: number): Message {
    const { topic, bytes, payloadStart, payloadEnd, owner } = this;
    return owner !== null && owner.claim(bytes, length)
      ? new Message(topic, bytes, payloadStart, payloadEnd)
      : new Message(topic, bytes.slice(payloadStart, payloadEnd), 0, length);
  }

  /** Copies a small payload into the shared block: an array each is dear. */
  #keepShared(length: number): Message {
    if (blockUsed + length > block.length) {
      block = new Uint8Array(BLOCK);
      blockUsed = 0;
    }
    const start = blockUsed;
    const from = this.bytes;
    const into = block;
    if (length < 64) {
      let to = start;
      for (let i = this.payloadStart; i < this.payloadEnd; i++) {
        into[to++] = from[i];
      }
    } else into.set(from.subarray(this.payloadStart, this.payloadEnd), start);
    blockUsed = start + length;
    return new Message(this.topic, into, start, blockUsed);
  }
}
