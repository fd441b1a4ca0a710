import {
  encodeUtf8,
  isWildcardAt,
  ProtocolError,
  ReasonCode,
  type Topic,
} from "../../mqtt/mod.ts";
import type { CachedTopic, Router, Subscriber } from "../../router/mod.ts";

const DOLLAR = 0x24;

/** Longest topic in bytes [MQTT-1.5.4]. */
const LONGEST = 65_535;

/**
 * A prefix of all topics of a listener's clients. They use topics without it; all
 * other clients see topics with it.
 */
export class MountPoint {
  /** The prefix, which ends in a slash. */
  readonly text: string;
  readonly #bytes: Uint8Array;

  /** @param text The beginning of a topic that ends in a slash. */
  constructor(text: string) {
    this.text = text;
    this.#bytes = encodeUtf8(text);
  }

  /** Returns the bytes that a topic loses on its way to a client. */
  get length(): number {
    return this.#bytes.length;
  }

  /** Returns the topic whose name for a client is `bytes` from `start` to `end`. */
  topic(
    router: Router,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): CachedTopic {
    // An empty name stays empty: with the prefix it would be valid.
    if (start === end) return router.topic(bytes, start, end);
    const length = this.length + end - start;
    if (length > LONGEST) {
      throw new ProtocolError(
        ReasonCode.TopicNameInvalid,
        `with the mount point of the listener the topic has ${length} bytes`,
      );
    }
    const whole = new Uint8Array(length);
    whole.set(this.#bytes);
    whole.set(bytes.subarray(start, end), this.length);
    return router.topic(whole, 0, length);
  }

  /** Returns whether the name of `topic` begins with `$` for clients here. */
  isSpecial({ bytes }: Topic): boolean {
    return bytes[this.#bytes.length] === DOLLAR;
  }

  /**
   * Returns whether `filter`, with the prefix, matches `topic` for clients here as
   * for all others: for clients here the filter may begin with a wildcard, and
   * the topic with `$` [MQTT-4.7.2-1].
   */
  matches(filter: string, topic: Topic): boolean {
    return !this.isSpecial(topic) || !isWildcardAt(filter, this.text.length);
  }

  /** Returns whether a topic has the prefix: clients cannot name others. */
  holds({ bytes }: Topic): boolean {
    const own = this.#bytes;
    if (bytes.length <= own.length) return false;
    // Backwards: similar prefixes differ at their end.
    for (let i = own.length - 1; i >= 0; i--) {
      if (bytes[i] !== own[i]) return false;
    }
    return true;
  }

  /** Returns whether all subscriptions of a session have the prefix. */
  holdsAll(router: Router, subscriber: Subscriber): boolean {
    for (const { filter } of router.subscriptionsOf(subscriber)) {
      if (!filter.startsWith(this.text)) return false;
    }
    return true;
  }
}
