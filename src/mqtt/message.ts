import type { Topic } from "./topic.ts";
import type { QoS } from "./version.ts";

/** Bytes of the block that kept small payloads share. */
const BLOCK = 8192;

/** Longest payload in the shared block. */
const SHARED_MAXIMUM = 1024;

/** The owner of the buffer of a transient message. */
export interface ByteOwner {
  /**
   * Asks the owner for `bytes` in place of a copy of `length` of them. After
   * true the owner never overwrites `bytes`; after false it may, as soon as the
   * turn is over.
   */
  claim(bytes: Uint8Array, length: number): boolean;
}

let block = new Uint8Array(BLOCK);
let blockUsed = 0;

/**
 * An application message for all receivers: the encoder adds the packet id,
 * alias, DUP and remaining expiry of each.
 *
 * A *transient* message is a view into bytes that their owner will overwrite.
 * It is valid only during the turn that decoded it; `keep()` returns its lasting
 * copy, made at most once.
 */
export class Message {
  /** The topic; its name is valid. */
  topic: Topic;
  /** Holds the payload, and for a transient message the whole chunk. */
  bytes: Uint8Array;
  /** Index in `bytes` of the payload's first byte. */
  payloadStart: number;
  /** Index in `bytes` behind the payload's last byte. */
  payloadEnd: number;
  /**
   * Encoded properties of MQTT 5.0 for the receivers, in the publisher's order;
   * without message expiry, alias and subscription identifiers. Null for none.
   */
  properties: Uint8Array | null = null;
  /** The QoS of the PUBLISH. */
  qos: QoS = 0;
  /** The RETAIN flag of the PUBLISH. */
  retain = false;
  /** Expiry, in ms by `Clock.now`; Infinity for a message without one. */
  expiresAt: number = Infinity;
  /**
   * Index in `bytes` of the PUBLISH frame, where a QoS 0 receiver of
   * `frameVersion` may get it unchanged; else -1.
   */
  frameStart: number = -1;
  /** Index in `bytes` behind that frame; -1 without one. */
  frameEnd: number = -1;
  /** 4 for a frame without the v5 property length (3.1 and 3.1.1), else 5. */
  frameVersion: 4 | 5 = 4;
  /** Client id of the publisher; empty for the broker's own messages. */
  publisher = "";
  /** Whether no store keeps it, because of its topic. */
  volatile = false;
  /** Number of windows and backlogs that hold it: its bytes count once. */
  holders = 0;
  /** True while `bytes` have an owner that will overwrite them. */
  transient = false;
  /** The owner of `bytes`, which `keep` asks for them; null: `keep` copies. */
  owner: ByteOwner | null = null;
  /** The lasting copy; null before `keep` makes it. */
  kept: Message | null = null;

  /** Makes a message whose payload is `bytes` from `payloadStart` to the end. */
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

  /** Returns the bytes of the payload. */
  get payloadLength(): number {
    return this.payloadEnd - this.payloadStart;
  }

  /** Returns the bytes that a kept message takes, about: for bounds. */
  get size(): number {
    return this.payloadEnd - this.payloadStart + this.topic.bytes.length +
      (this.properties === null ? 0 : this.properties.length);
  }

  /** Returns the message itself, or the lasting copy of a transient one. */
  keep(): Message {
    if (!this.transient) return this;
    if (this.kept !== null) return this.kept;
    const length = this.payloadEnd - this.payloadStart;
    const kept = length > SHARED_MAXIMUM
      ? this.#keepLarge(length)
      : this.#keepShared(length);
    // A queue counts the bytes of the topic, not the block around them.
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
   * Gives a kept message bytes of its own: one that stays long must not keep
   * the block that it shares with others. The payload is the same for all
   * holders.
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

  /** Takes the bytes of a large payload over where their owner agrees. */
  #keepLarge(length: number): Message {
    const { topic, bytes, payloadStart, payloadEnd, owner } = this;
    return owner !== null && owner.claim(bytes, length)
      ? new Message(topic, bytes, payloadStart, payloadEnd)
      : new Message(topic, bytes.slice(payloadStart, payloadEnd), 0, length);
  }

  /** Copies a small payload into the shared block: an array of its own is dear. */
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
