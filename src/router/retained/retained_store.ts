import type { Message } from "../../mqtt/mod.ts";
import type {
  Changes,
  RetainedPlace,
  RetainedSource,
} from "../../store/mod.ts";
import { levelEnd, pathOf } from "../levels/level_node.ts";
import { levelText } from "../levels/level_text.ts";
import { RetainedCursor } from "./retained_cursor.ts";
import { RetainedNode } from "./retained_node.ts";
import { RetainedRecords } from "./retained_records.ts";

/** What became of a message that was to be retained. */
export type RetainOutcome =
  | "stored"
  | "replaced"
  | "cleared"
  | "too-many-messages"
  | "too-many-bytes";

/** Is told of every change, so that it can be made to last. Must not throw. */
export type RetainedListener = Pick<Changes, "retained">;

/** The bounds of a `RetainedStore`. */
export interface RetainedLimits {
  /** Messages; 0 = no bound. */
  maxMessages: number;
  /**
   * Bytes of topics, payloads and properties together, and of the levels of
   * topics that go beyond `FREE_LEVELS` a message; 0 = no bound.
   */
  maxBytes: number;
}

/** Bytes of a level in the tree, as measured with a level text of its own. */
const LEVEL_BYTES = 128;

/**
 * Levels a message that are not counted, on average. Topics share most of
 * theirs; 300 bytes may have 128 that no other topic shares.
 */
const FREE_LEVELS = 4;

/** The retained messages, one a topic, in a tree over topic levels. */
export class RetainedStore implements RetainedSource {
  /** May be changed at any time; what is stored already stays. */
  readonly limits: RetainedLimits;
  /** Told of changes; null when nobody is. */
  listener: RetainedListener | null = null;
  readonly #root = new RetainedNode("", null);
  readonly #records = new RetainedRecords();
  #messages = 0;
  #bytes = 0;
  /** Nodes of the tree below its root. */
  #nodes = 0;
  /** No stored message expires before (ms); Infinity when none will. */
  #soonest = Infinity;
  /** The same of what the sweep under way has left behind it. */
  #left = Infinity;
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
      if (node !== null && node.held !== null) this.#remove(node);
      return "cleared";
    }
    const node = this.#place(message.topic.text);
    const refusal = this.#refusal(message, node);
    if (refusal !== null) {
      this.#prune(node);
      return refusal;
    }
    const outcome = node.held === null ? "stored" : "replaced";
    this.#store(node, message);
    if (this.listener !== null && !message.volatile) {
      this.listener.retained(node, message.size);
    }
    return outcome;
  }

  /** Puts back a message that lasted from an earlier run: no limits, no word. */
  restore(message: Message): RetainedPlace {
    const node = this.#place(message.topic.text);
    this.#store(node, message);
    return node;
  }

  /** Takes back what was restored for `topicName`; its place, or null. */
  restoreRemoved(topicName: string): RetainedPlace | null {
    const node = this.#find(topicName);
    if (node === null || node.held === null) return null;
    this.#release(node);
    this.#prune(node);
    return node;
  }

  messageAt(place: RetainedPlace): Message | null {
    return this.#records.read(place as RetainedNode);
  }

  topicOf(place: RetainedPlace): string {
    return pathOf(place as RetainedNode);
  }

  /** The message retained for `topicName`, or null; it may have expired. */
  get(topicName: string): Message | null {
    const node = this.#find(topicName);
    return node === null ? null : this.#records.read(node);
  }

  /** Whether a message is retained for `topicName`; it may have expired. */
  has(topicName: string): boolean {
    const node = this.#find(topicName);
    return node !== null && node.held !== null;
  }

  /** Goes through the messages that match the valid filter `filter`. */
  matching(filter: string): RetainedCursor {
    return this.#cursor(filter);
  }

  /**
   * Removes messages expired at `now` (ms) among up to `max` nodes of the
   * tree; each call goes on where the last one ended. Returns when there is
   * more to do, in ms: a time that has passed, one to come, or Infinity.
   */
  sweep(now: number, max: number): number {
    if (now < this.#soonest) return this.#soonest;
    if (this.#sweeper === null) {
      this.#sweeper = this.#cursor(null);
      this.#left = Infinity;
    }
    this.#left = Math.min(this.#left, this.#sweeper.expire(max, now));
    if (this.#sweeper.done) {
      this.#sweeper = null;
      this.#soonest = this.#left;
    }
    return this.#soonest;
  }

  #cursor(filter: string | null): RetainedCursor {
    return new RetainedCursor(
      this.#root,
      this.#records,
      filter,
      this.#sequence,
      (node) => this.#remove(node),
    );
  }

  #store(node: RetainedNode, message: Message): void {
    if (node.held !== null) this.#release(node);
    this.#records.hold(node, message);
    node.sequence = ++this.#sequence;
    this.#messages++;
    this.#bytes += message.size;
    if (message.expiresAt < this.#soonest) this.#soonest = message.expiresAt;
    if (message.expiresAt < this.#left) this.#left = message.expiresAt;
  }

  #refusal(message: Message, node: RetainedNode): RetainOutcome | null {
    const { maxMessages, maxBytes } = this.limits;
    if (
      node.held === null && maxMessages > 0 && this.#messages >= maxMessages
    ) return "too-many-messages";
    const more = message.size - this.#records.sizeOf(node);
    // A message that takes no more than the one before always fits.
    if (maxBytes > 0 && more > 0 && this.#taken(node) + more > maxBytes) {
      return "too-many-bytes";
    }
    return null;
  }

  /** Bytes that count for the limit, with the levels placed for `node`. */
  #taken(node: RetainedNode): number {
    const messages = this.#messages + (node.held === null ? 1 : 0);
    const levels = this.#nodes - FREE_LEVELS * messages;
    return this.#bytes + Math.max(0, levels) * LEVEL_BYTES;
  }

  /** Removes the message at `node`, which has one. */
  #remove(node: RetainedNode): void {
    this.#release(node);
    // What was never stored need not be taken back.
    if (this.listener !== null && node.block !== 0) {
      this.listener.retained(node);
    }
    this.#prune(node);
  }

  #release(node: RetainedNode): void {
    this.#messages--;
    this.#bytes -= this.#records.sizeOf(node);
    this.#records.release(node);
  }

  /** Removes `node` and what is above it, as far as nothing needs them. */
  #prune(node: RetainedNode): void {
    let at = node;
    for (let up = at.parent; up !== null; up = at.parent) {
      if (at.held !== null || at.children !== null) return;
      up.removeChild(at);
      this.#nodes--;
      at = up;
    }
  }

  #find(topicName: string): RetainedNode | null {
    let node: RetainedNode | undefined = this.#root;
    for (let start = 0; start <= topicName.length;) {
      const end = levelEnd(topicName, start);
      node = node.child(topicName, start, end);
      if (node === undefined) return null;
      start = end + 1;
    }
    return node;
  }

  #place(topicName: string): RetainedNode {
    let node = this.#root;
    for (let start = 0; start <= topicName.length;) {
      const end = levelEnd(topicName, start);
      let child = node.child(topicName, start, end);
      if (child === undefined) {
        child = new RetainedNode(levelText(topicName, start, end), node);
        node.addChild(child);
        this.#nodes++;
      }
      node = child;
      start = end + 1;
    }
    return node;
  }
}
