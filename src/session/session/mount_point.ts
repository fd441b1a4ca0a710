import {
  encodeUtf8,
  isWildcardAt,
  ProtocolError,
  ReasonCode,
  type Topic,
} from "../../mqtt/mod.ts";
import type { CachedTopic, Router, Subscriber } from "../../router/mod.ts";

const DOLLAR = 0x24;

/** The longest topic there can be, in bytes [MQTT-1.5.4]. */
const LONGEST = 65_535;

/**
 * What stands before every topic of the clients of a listener: they say and see
 * topics without it, everybody else with it.
 */
export class MountPoint {
  /** It ends in a slash. */
  readonly text: string;
  readonly #bytes: Uint8Array;

  /** @param text The beginning of a topic that ends in a slash. */
  constructor(text: string) {
    this.text = text;
    this.#bytes = encodeUtf8(text);
  }

  /** Bytes that a topic loses on its way to a client. */
  get length(): number {
    return this.#bytes.length;
  }

  /** The topic that a client calls by `bytes` from `start` to `end`. */
  topic(
    router: Router,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): CachedTopic {
    // An empty name stays one: it would be a name with this before it.
    if (start === end) return router.topic(bytes, start, end);
    const length = this.length + end - start;
    if (length > LONGEST) {
      throw new ProtocolError(
        ReasonCode.TopicNameInvalid,
        `with what the listener puts before it, the topic has ${length} bytes`,
      );
    }
    const whole = new Uint8Array(length);
    whole.set(this.#bytes);
    whole.set(bytes.subarray(start, end), this.length);
    return router.topic(whole, 0, length);
  }

  /** Whether clients here call `topic`, which lies behind it, `$` something. */
  isSpecial({ bytes }: Topic): boolean {
    return bytes[this.#bytes.length] === DOLLAR;
  }

  /**
   * Whether `filter`, with this before it, matches `topic` for clients here as
   * it does for all others: for them it may begin with a wildcard, and the
   * topic with `$` [MQTT-4.7.2-1].
   */
  matches(filter: string, topic: Topic): boolean {
    return !this.isSpecial(topic) || !isWildcardAt(filter, this.text.length);
  }

  /** Whether a topic lies behind it: clients cannot even name others. */
  holds({ bytes }: Topic): boolean {
    const own = this.#bytes;
    if (bytes.length <= own.length) return false;
    // Backwards: what stands side by side differs at its end.
    for (let i = own.length - 1; i >= 0; i--) {
      if (bytes[i] !== own[i]) return false;
    }
    return true;
  }

  /** Whether all that a session subscribes to lies behind it. */
  holdsAll(router: Router, subscriber: Subscriber): boolean {
    for (const { filter } of router.subscriptionsOf(subscriber)) {
      if (!filter.startsWith(this.text)) return false;
    }
    return true;
  }
}
