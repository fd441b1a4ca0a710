import type { Topic } from "./topic.ts";
import type { QoS } from "./version.ts";

/**
 * An application message, neutral of any receiver: packet id, alias, DUP and
 * remaining expiry are decided when it is encoded for one.
 *
 * A *transient* message is a view into a read chunk and is valid only during
 * the turn that decoded it; `keep()` gives the lasting copy, made at most once.
 */
export class Message {
  topic: Topic;
  /** Holds the payload, and for a transient message the whole chunk. */
  bytes: Uint8Array;
  payloadStart: number;
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
  frameStart = -1;
  frameEnd = -1;
  /** 4 for a frame without the v5 property length (3.1 and 3.1.1), else 5. */
  frameVersion: 4 | 5 = 4;
  /** True while `bytes` belongs to a read buffer. */
  transient = false;
  /** The lasting copy, once one was made. */
  kept: Message | null = null;

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
    const kept = new Message(
      this.topic,
      this.bytes.slice(this.payloadStart, this.payloadEnd),
      0,
      length,
    );
    kept.properties = this.properties;
    kept.qos = this.qos;
    kept.retain = this.retain;
    kept.expiresAt = this.expiresAt;
    return this.kept = kept;
  }
}
