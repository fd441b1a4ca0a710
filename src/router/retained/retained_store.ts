import { broken } from "../../errors/mod.ts";
import type { Message } from "../../mqtt/mod.ts";
import type {
  Changes,
  RetainedPlace,
  RetainedSource,
} from "../../store/mod.ts";
import { HeapBudget } from "../levels/heap_budget.ts";
import { levelEnd, pathOf } from "../levels/level_node.ts";
import { levelText } from "../levels/level_text.ts";
import { RetainedCursor } from "./retained_cursor.ts";
import { RetainedNode } from "./retained_node.ts";
import { RetainedRecords } from "./retained_records.ts";

/** Results of a PUBLISH with RETAIN. */
export type RetainOutcome =
  | "stored"
  | "replaced"
  | "cleared"
  | "too-many-messages"
  | "too-many-bytes";

/** Notes every change in the store. Must not throw. */
export type RetainedListener = Pick<Changes, "retained">;

/** The bounds of a `RetainedStore`. */
export interface RetainedLimits {
  /** Most messages; 0 for no bound. */
  maxMessages: number;
  /**
   * Most bytes of topics, payloads and properties together, and of topic levels
   * beyond `FREE_LEVELS` a message; 0 for no bound.
   */
  maxBytes: number;
}

/** Bytes of V8's heap that a node takes beside the text of its level, measured. */
const NODE_HEAP = 200;

/** Bytes of a level in the tree, measured with a text of its own. */
const LEVEL_BYTES = 128;

/**
 * Average levels a message that do not count. Topics share most levels; a topic
 * of 300 bytes may have 128 of its own.
 */
const FREE_LEVELS = 4;

/** The retained messages, one a topic, in a tree over topic levels. */
export class RetainedStore implements RetainedSource {
  /** The bounds; may change at any time. Stored messages stay. */
  readonly limits: RetainedLimits;
  /** Notes changes in the store; null without one. */
  listener: RetainedListener | null = null;
  readonly #heap: HeapBudget;
  /**
   * The tree, for the room `reading/` alone.
   * @internal
   */
  readonly root: RetainedNode = new RetainedNode("", null);
  readonly #records: RetainedRecords;
  #messages = 0;
  #bytes = 0;
  /** Nodes of the tree below its root. */
  #nodes = 0;
  /** No stored message expires before this time (ms); Infinity: none expires. */
  #soonest = Infinity;
  /** Earliest expiry of the messages that the present sweep has visited (ms). */
  #left = Infinity;
  #sequence = 0;
  #sweeper: RetainedCursor | null = null;

  /** Begins empty; its nodes and messages count in `heap`. */
  constructor(limits: RetainedLimits, heap: HeapBudget = new HeapBudget()) {
    this.limits = limits;
    this.#heap = heap;
    this.#records = new RetainedRecords(heap);
  }

  /** Returns the number of messages, with expired ones not yet removed. */
  get messages(): number {
    return this.#messages;
  }

  /** Returns the bytes of all messages, by `Message.size`. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Retains a message with RETAIN; one with an empty payload removes the message
   * of its topic [MQTT-3.3.1-6]. Refuses a message beyond the limits: the one
   * before stays.
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

  /** Puts back a message of an earlier run, without limits and notes. */
  restore(message: Message): RetainedPlace {
    const node = this.#place(message.topic.text);
    this.#store(node, message);
    return node;
  }

  /** Removes the restored message of `topicName`; returns its place, or null. */
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

  /** Returns the message of `topicName`, or null; it may have expired. */
  get(topicName: string): Message | null {
    const node = this.#find(topicName);
    return node === null ? null : this.#records.read(node);
  }

  /** Returns whether `topicName` has a retained message; it may have expired. */
  has(topicName: string): boolean {
    const node = this.#find(topicName);
    return node !== null && node.held !== null;
  }

  /**
   * Returns the message at `node`, perhaps expired or transient; or null.
   * @internal
   */
  read(node: RetainedNode): Message | null {
    return this.#records.read(node);
  }

  /** Returns the number of the latest message stored, for `matching`. */
  get latest(): number {
    return this.#sequence;
  }

  /**
   * Returns a cursor over the messages that match the valid `filter`: those
   * stored until now, or up to the number `latest`; Infinity for all.
   */
  matching(filter: string, latest: number = this.#sequence): RetainedCursor {
    return this.#cursor(filter, latest);
  }

  /**
   * Removes messages expired at `now` (ms) among the next `max` nodes of the
   * tree. Returns the time of the next call in ms: past, to come, or Infinity.
   */
  sweep(now: number, max: number): number {
    if (now < this.#soonest) return this.#soonest;
    if (this.#sweeper === null) {
      this.#sweeper = this.#cursor(null, this.#sequence);
      this.#left = Infinity;
    }
    this.#left = Math.min(this.#left, this.#sweeper.expire(max, now));
    if (this.#sweeper.done) {
      this.#sweeper = null;
      this.#soonest = this.#left;
    }
    return this.#soonest;
  }

  #cursor(filter: string | null, latest: number): RetainedCursor {
    return new RetainedCursor(
      this.root,
      this.#records,
      filter,
      latest,
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
    if (node.held === null && this.#heap.isFull) return "too-many-messages";
    if (
      node.held === null && maxMessages > 0 && this.#messages >= maxMessages
    ) return "too-many-messages";
    const more = message.size - this.#records.sizeOf(node);
    // A message no larger than the one before always fits.
    if (maxBytes > 0 && more > 0 && this.#taken(node) + more > maxBytes) {
      return "too-many-bytes";
    }
    return null;
  }

  /** Returns the bytes that count for the limit, with the levels of `node`. */
  #taken(node: RetainedNode): number {
    const messages = this.#messages + (node.held === null ? 1 : 0);
    const levels = this.#nodes - FREE_LEVELS * messages;
    return this.#bytes + Math.max(0, levels) * LEVEL_BYTES;
  }

  /** Removes the message of `node`, which has one. */
  #remove(node: RetainedNode): void {
    this.#release(node);
    // The store does not have a message that it never wrote.
    if (this.listener !== null && node.block !== 0) {
      this.listener.retained(node);
    }
    this.#prune(node);
  }

  #release(node: RetainedNode): void {
    if (--this.#messages < 0) {
      this.#messages = broken("retained-messages", this.#messages);
    }
    this.#bytes -= this.#records.sizeOf(node);
    // Without a message no bytes are left.
    if (this.#bytes < 0 || this.#messages === 0 && this.#bytes !== 0) {
      this.#bytes = broken("retained-bytes", this.#bytes);
    }
    this.#records.release(node);
  }

  /** Removes `node` and its ancestors without message and children. */
  #prune(node: RetainedNode): void {
    let at = node;
    for (let up = at.parent; up !== null; up = at.parent) {
      if (at.held !== null || at.children !== null) return;
      up.removeChild(at);
      this.#nodes--;
      this.#heap.used -= NODE_HEAP + at.level.length;
      at = up;
    }
  }

  #find(topicName: string): RetainedNode | null {
    let node: RetainedNode | undefined = this.root;
    for (let start = 0; start <= topicName.length;) {
      const end = levelEnd(topicName, start);
      node = node.child(topicName, start, end);
      if (node === undefined) return null;
      start = end + 1;
    }
    return node;
  }

  #place(topicName: string): RetainedNode {
    let node = this.root;
    for (let start = 0; start <= topicName.length;) {
      const end = levelEnd(topicName, start);
      let child = node.child(topicName, start, end);
      if (child === undefined) {
        child = new RetainedNode(levelText(topicName, start, end), node);
        node.addChild(child);
        this.#nodes++;
        this.#heap.used += NODE_HEAP + child.level.length;
      }
      node = child;
      start = end + 1;
    }
    return node;
  }
}
