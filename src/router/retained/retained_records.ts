import { decodeUtf8, Message, type QoS, Topic } from "../../mqtt/mod.ts";
import { HeapBudget } from "../levels/heap_budget.ts";
import { RetainedBlock, type RetainedNode } from "./retained_node.ts";

/** Bytes before each record: QoS, and the lengths of topic and payload. */
const HEADER = 5;

/** Longest record (bytes); a longer message stays an object. */
const MAX_RECORD = 1024;

/** Bytes of V8's heap that a message takes beside the text of its topic. */
const MESSAGE_HEAP = 700;

/** Bytes of a block: little is lost at its end, and a message may pin it. */
const BLOCK = 16384;

/**
 * Writes small retained messages to blocks and reads them back. When half of a
 * block is dead, its records move to the newest block: all blocks have at most
 * about twice the live bytes.
 */
export class RetainedRecords {
  #newest: RetainedBlock = new RetainedBlock(0);
  readonly #heap: HeapBudget;

  /** Messages that are no records count in `heap`: records are outside of it. */
  constructor(heap: HeapBudget = new HeapBudget()) {
    this.#heap = heap;
  }

  /** Keeps `message` at `node`, which must have none. */
  hold(node: RetainedNode, message: Message): void {
    const topic = message.topic.bytes;
    const payloadLength = message.payloadEnd - message.payloadStart;
    const length = HEADER + topic.length + payloadLength;
    const { expiresAt } = message;
    node.expiresAt = expiresAt === Infinity ? null : expiresAt;
    if (length > MAX_RECORD) {
      // `keep` would leave a short payload in a block shared with others.
      node.held = payloadLength > MAX_RECORD
        ? message.keep()
        : message.compact();
      this.#heap.used += heapOf(message);
      return;
    }
    node.properties = message.properties;
    node.publisher = message.publisher;
    const start = this.#append(node, length);
    const into = this.#newest.bytes;
    into[start] = message.qos;
    into[start + 1] = topic.length >> 8;
    into[start + 2] = topic.length & 0xff;
    into[start + 3] = payloadLength >> 8;
    into[start + 4] = payloadLength & 0xff;
    copy(topic, 0, topic.length, into, start + HEADER);
    copy(
      message.bytes,
      message.payloadStart,
      message.payloadEnd,
      into,
      start + HEADER + topic.length,
    );
  }

  /** Drops the message at `node`. */
  release(node: RetainedNode): void {
    const held = node.held;
    node.held = null;
    node.properties = null;
    node.expiresAt = null;
    if (!(held instanceof RetainedBlock)) {
      if (held !== null) this.#heap.used -= heapOf(held);
      return;
    }
    held.dead += recordLength(held.bytes, node.start);
    if (held !== this.#newest) this.#clearWhenHalfDead(held);
  }

  /**
   * Returns the message at `node`, or null. The message of a record is
   * transient: its payload and topic are views into the block, and `keep` copies
   * both.
   */
  read(node: RetainedNode): Message | null {
    const held = node.held;
    if (!(held instanceof RetainedBlock)) return held;
    const { bytes } = held;
    const start = node.start;
    const topicStart = start + HEADER;
    const topicEnd = topicStart + (bytes[start + 1] << 8 | bytes[start + 2]);
    const message = new Message(
      new Topic(
        decodeUtf8(bytes, topicStart, topicEnd),
        bytes.subarray(topicStart, topicEnd),
      ),
      bytes,
      topicEnd,
      start + recordLength(bytes, start),
    );
    message.qos = bytes[start] as QoS;
    message.retain = true;
    message.properties = node.properties;
    message.publisher = node.publisher;
    message.expiresAt = node.expiresAt ?? Infinity;
    message.transient = true;
    return message;
  }

  /** Returns `Message.size` of the message at `node`; 0 without one. */
  sizeOf(node: RetainedNode): number {
    const held = node.held;
    if (held === null) return 0;
    if (!(held instanceof RetainedBlock)) return held.size;
    return recordLength(held.bytes, node.start) - HEADER +
      (node.properties === null ? 0 : node.properties.length);
  }

  /** Makes room for a record of `node` in the newest block. */
  #append(node: RetainedNode, length: number): number {
    if (this.#newest.used + length > this.#newest.bytes.length) {
      const full = this.#newest;
      this.#newest = new RetainedBlock(BLOCK);
      // Half of it may have died before it was full: no later release checks it.
      this.#clearWhenHalfDead(full);
    }
    const block = this.#newest;
    const start = block.used;
    block.used += length;
    block.nodes.push(node);
    node.held = block;
    node.start = start;
    return start;
  }

  /** Moves the live records of a half dead `block` to the newest one. */
  #clearWhenHalfDead(block: RetainedBlock): void {
    if (block.dead * 2 <= block.used) return;
    for (const node of block.nodes) {
      // A node may be listed twice, and has another block after its move.
      if (node.held !== block) continue;
      const from = node.start;
      const length = recordLength(block.bytes, from);
      const to = this.#append(node, length);
      copy(block.bytes, from, from + length, this.#newest.bytes, to);
    }
    block.nodes.length = 0;
  }
}

/** Returns the bytes of V8's heap that a message takes. */
function heapOf({ topic }: Message): number {
  return MESSAGE_HEAP + topic.bytes.length;
}

function recordLength(bytes: Uint8Array, start: number): number {
  return HEADER + (bytes[start + 1] << 8 | bytes[start + 2]) +
    (bytes[start + 3] << 8 | bytes[start + 4]);
}

/** Copies in a loop: `set` with a view costs more for so few bytes. */
function copy(
  from: Uint8Array,
  start: number,
  end: number,
  into: Uint8Array,
  at: number,
): void {
  for (let i = start; i < end; i++) into[at + i - start] = from[i];
}
