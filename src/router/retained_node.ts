import type { Message } from "../mqtt/mod.ts";
import { LevelNode } from "./level_node.ts";

/** A node of the tree of retained messages. */
export class RetainedNode extends LevelNode<RetainedNode> {
  /** The message retained for the topic that ends here. */
  message: Message | null = null;
  /** Grows with every message stored; tells what came after a cursor. */
  sequence = 0;
}
