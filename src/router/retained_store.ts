import type { Message, Topic } from "../mqtt/mod.ts";
import { levelEnd } from "./level_node.ts";
import { RetainedCursor } from "./retained_cursor.ts";
import { RetainedNode } from "./retained_node.ts";

/** What became of a message that was to be retained. */
export type RetainOutcome =
  | "stored"
  | "replaced"
  | "cleared"
  | "too-many-messages"
  | "too-many-bytes";

/** Is told of every change, so that it can be made to last. Must not throw. */
export interface RetainedListener {
  /** `message` is retained now, in place of any other of its topic. */
  stored(message: Message): void;
  /** Nothing is retained for `topic` any more: cleared or expired. */
  removed(topic: Topic): void;
}

/** The bounds of a `RetainedStore`. */
export interface RetainedLimits {
  /** Messages; 0 = no bound. */
  maxMessages: number;
  /** Bytes of topics, payloads and properties together; 0 = no bound. */
  maxBytes: number;
}

/** The retained messages, one a topic, in a tree over topic levels. */
export class RetainedStore {
  /** May be changed at any time; what is stored already stays. */
  readonly limits: RetainedLimits;
  /** Told of changes; null when nobody is. */
  listener: RetainedListener | null = null;
  readonly #root = new RetainedNode("", null);
  #messages = 0;
  #bytes = 0;
  /** Stored messages that will expire: nothing is swept while there are none. */
  #expiring = 0;
  #sequence = 0;
  #sweeper: RetainedCursor | null = null;

  /** Begins empty. */
  constructor(limits: RetainedLimits) {
    this.limits = limits;
  }

  /** Messages stored; expired ones count until they are met or swept. */
  get messages(): number {
    return this.#messages;
  }

  /** Bytes stored, as `Message.size` counts them. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Retains a message published with RETAIN, or removes that of its topic when
   * its payload is empty [MQTT-3.3.1-6]. What does not fit is refused, and the
   * one before stays.
   */
  apply(message: Message): RetainOutcome {
    if (message.payloadEnd === message.payloadStart) {
      const node = this.#find(message.topic.text);
      if (node !== null) this.#remove(node);
      return "cleared";
    }
    return this.#store(message, true);
  }

  /** Puts back a message that lasted from an earlier run: no limits, no word. */
  restore(message: Message): void {
    this.#store(message, false);
  }

  /** The message retained for `topicName`, or null; it may have expired. */
  get(topicName: string): Message | null {
    return this.#find(topicName)?.message ?? null;
  }

  /** Goes through the messages that match the valid filter `filter`. */
  matching(filter: string): RetainedCursor {
    return new RetainedCursor(
      this.#root,
      filter,
      this.#sequence,
      (node) => this.#remove(node),
    );
  }

  /**
   * Removes messages expired at `now` (ms) among up to `max` nodes of the
   * tree; each call goes on where the last one ended.
   */
  sweep(now: number, max: number): void {
    if (this.#expiring === 0) {
      this.#sweeper = null;
      return;
    }
    this.#sweeper ??= new RetainedCursor(
      this.#root,
      null,
      this.#sequence,
      (node) => this.#remove(node),
    );
    this.#sweeper.next(max, now, () => {});
    if (this.#sweeper.done) this.#sweeper = null;
  }

  #store(message: Message, asked: boolean): RetainOutcome {
    let node = this.#find(message.topic.text);
    const before = node?.message ?? null;
    if (asked) {
      const refusal = this.#refusal(message, before);
      if (refusal !== null) return refusal;
    }
    node ??= this.#place(message.topic.text);
    if (before !== null) this.#uncount(before);
    const kept = message.keep();
    node.message = kept;
    node.sequence = ++this.#sequence;
    this.#messages++;
    this.#bytes += kept.size;
    if (kept.expiresAt !== Infinity) this.#expiring++;
    if (asked && this.listener !== null) this.listener.stored(kept);
    return before === null ? "stored" : "replaced";
  }

  #refusal(message: Message, before: Message | null): RetainOutcome | null {
    const { maxMessages, maxBytes } = this.limits;
    if (before === null && maxMessages > 0 && this.#messages >= maxMessages) {
      return "too-many-messages";
    }
    const more = message.size - (before === null ? 0 : before.size);
    // A message that takes no more than the one before always fits.
    if (maxBytes > 0 && more > 0 && this.#bytes + more > maxBytes) {
      return "too-many-bytes";
    }
    return null;
  }

  #remove(node: RetainedNode): void {
    const message = node.message;
    if (message === null) return;
    node.message = null;
    this.#uncount(message);
    let at = node;
    for (let up = at.parent; up !== null; up = at.parent) {
      if (at.message !== null || at.children !== null) break;
      up.removeChild(at);
      at = up;
    }
    if (this.listener !== null) this.listener.removed(message.topic);
  }

  #uncount(message: Message): void {
    this.#messages--;
    this.#bytes -= message.size;
    if (message.expiresAt !== Infinity) this.#expiring--;
  }

  #find(topicName: string): RetainedNode | null {
    let node: RetainedNode | undefined = this.#root;
    for (let start = 0; start <= topicName.length;) {
      const end = levelEnd(topicName, start);
      node = node.child(topicName.slice(start, end));
      if (node === undefined) return null;
      start = end + 1;
    }
    return node;
  }

  #place(topicName: string): RetainedNode {
    let node = this.#root;
    for (let start = 0; start <= topicName.length;) {
      const end = levelEnd(topicName, start);
      const level = topicName.slice(start, end);
      let child = node.child(level);
      if (child === undefined) {
        child = new RetainedNode(level, node);
        node.addChild(child);
      }
      node = child;
      start = end + 1;
    }
    return node;
  }
}
