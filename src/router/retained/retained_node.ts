import type { Message } from "../../mqtt/mod.ts";
import { LevelNode } from "../levels/level_node.ts";

/**
 * Bytes of many small retained messages. An array for each message would cost
 * some 400 bytes, and double the time to store it. Bytes are never overwritten:
 * messages read before may still be views into them.
 */
export class RetainedBlock {
  /** Records, one behind the other. */
  readonly bytes: Uint8Array;
  /** Offset of the next record. */
  used = 0;
  /** Bytes of dead records. */
  dead = 0;
  /** The nodes with records here, and some whose records have moved. */
  readonly nodes: RetainedNode[] = [];

  constructor(length: number) {
    this.bytes = new Uint8Array(length);
  }
}

/** A node of the tree of retained messages. */
export class RetainedNode extends LevelNode<RetainedNode> {
  /**
   * The retained message of the topic that ends here, the block of its record,
   * or null without a message.
   */
  held: Message | RetainedBlock | null = null;
  /** Offset of the record in the block. */
  start = 0;
  /** Properties of a message in a record. */
  properties: Uint8Array | null = null;
  /** Client id of the publisher of a message in a record. */
  publisher = "";
  /**
   * Expiry of the message, absolute in ms. Null for never: Infinity would take
   * memory of its own.
   */
  expiresAt: number | null = null;
  /** Owned by the store, see `RetainedPlace`. */
  block = 0;
  /** Order of storing: a cursor skips messages stored after it was made. */
  sequence = 0;
}
