import type { Message } from "../../mqtt/mod.ts";
import { LevelNode } from "../levels/level_node.ts";

/**
 * Bytes of many small retained messages. An array of its own would cost each
 * of them some 400 bytes and as long as all the rest of storing it. Bytes are
 * never written over: messages given out may still refer to them.
 */
export class RetainedBlock {
  /** Records one after the other. */
  readonly bytes: Uint8Array;
  /** Where the next record goes. */
  used = 0;
  /** Bytes of records that are no longer needed. */
  dead = 0;
  /** The nodes that had records here, some of which have moved on. */
  readonly nodes: RetainedNode[] = [];

  constructor(length: number) {
    this.bytes = new Uint8Array(length);
  }
}

/** A node of the tree of retained messages. */
export class RetainedNode extends LevelNode<RetainedNode> {
  /**
   * The message retained for the topic that ends here, or the block that has
   * its record, or null when nothing is retained.
   */
  held: Message | RetainedBlock | null = null;
  /** Where the record begins in the block. */
  start = 0;
  /** The properties of a message that is a record. */
  properties: Uint8Array | null = null;
  /** Client id of the publisher of a message that is a record. */
  publisher = "";
  /**
   * When the message expires: absolute, in ms. Null for never, which unlike a
   * number that is not whole takes no memory of its own.
   */
  expiresAt: number | null = null;
  /** Owned by the store, see `RetainedPlace`. */
  block = 0;
  /** Grows with every message stored; tells what came after a cursor. */
  sequence = 0;
}
