import { LevelTable } from "../levels/level_table.ts";
import { levelEnd } from "../levels/level_node.ts";
import type { RetainedNode } from "../retained/retained_node.ts";

/**
 * Visits the topic levels directly below a path, for which messages are
 * retained. They may change between the steps: the cursor visits each level
 * once, and all that stay.
 */
export class LevelCursor {
  /** Null in place of a removed level. */
  readonly #items: readonly (RetainedNode | null)[];
  readonly #end: number;
  #next = 0;

  /** `path` has the levels above, joined by slashes; null for the first level. */
  constructor(root: RetainedNode, path: string | null) {
    const children = nodeOf(root, path)?.children ?? null;
    this.#items = children === null
      ? []
      : children instanceof LevelTable
      ? children.items
      : [children];
    this.#end = this.#items.length;
  }

  /** Returns whether all were visited. */
  get done(): boolean {
    return this.#next >= this.#end;
  }

  /** Takes one step. Returns the level that it visits; null for a removed one. */
  step(): RetainedNode | null {
    const node = this.done ? null : this.#items[this.#next++];
    return node === null || (node.held === null && node.children === null)
      ? null
      : node;
  }
}

/** Returns the number of levels directly below `node`. */
export function childCount({ children }: RetainedNode): number {
  if (children === null) return 0;
  return children instanceof LevelTable ? children.size : 1;
}

function nodeOf(root: RetainedNode, path: string | null): RetainedNode | null {
  if (path === null) return root;
  let node: RetainedNode | undefined = root;
  for (let start = 0; start <= path.length;) {
    const end = levelEnd(path, start);
    node = node.child(path, start, end);
    if (node === undefined) return null;
    start = end + 1;
  }
  return node;
}
