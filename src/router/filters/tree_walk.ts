import type { FilterNode, Recipients, Subscription } from "./filter_node.ts";
import type { FilterTree } from "./filter_tree.ts";
import { levelEnd } from "../levels/level_node.ts";

const SLASH = 0x2f;
const PLUS = 0x2b;
const DOLLAR = 0x24;

/**
 * Finds everything that stands at the filters matching one topic. It keeps its
 * arrays from walk to walk, and its own stack: filters may have more levels
 * than calls may nest.
 */
export class TreeWalk {
  /** What was found; the first `count` places count. Emptied by `clear`. */
  readonly found: (Subscription | Recipients)[] = [];
  /** How much was found. */
  count = 0;
  #text = "";
  /** Nodes for `+` still to be looked at, and where their level begins. */
  readonly #nodes: FilterNode[] = [];
  readonly #starts: number[] = [];

  /** Looks in `tree` for the valid topic name `text`. */
  match(tree: FilterTree, text: string): void {
    this.#text = text;
    this.count = 0;
    const exact = tree.exact.child(text);
    if (exact !== undefined) this.#take(exact);
    // `$SYS` and its like are not met by a leading wildcard [MQTT-4.7.2-1].
    const hidden = text.charCodeAt(0) === DOLLAR;
    this.#down(tree.root, 0, hidden);
    while (this.#nodes.length > 0) {
      const node = this.#nodes.pop() as FilterNode;
      const start = this.#starts.pop() as number;
      const next = passTail(node.tail, text, levelEnd(text, start));
      if (next >= 0) this.#down(node, next, false);
    }
  }

  /** Lets go of what was found. */
  clear(): void {
    this.found.length = this.count = 0;
  }

  /**
   * Follows the exact levels that begin at `start` from `node`; notes each `+`
   * for later.
   */
  #down(node: FilterNode, start: number, hidden: boolean): void {
    const text = this.#text;
    for (let at = node;;) {
      if (!hidden) {
        // `a/#` matches `a` too, so this comes before the end is looked for.
        if (at.rest !== null) this.#take(at.rest);
        if (start > text.length) return this.#take(at);
        if (at.plus !== null) {
          this.#nodes.push(at.plus);
          this.#starts.push(start);
        }
      }
      hidden = false;
      if (at.children === null) return;
      const end = levelEnd(text, start);
      const child = at.child(text, start, end);
      if (child === undefined) return;
      start = passTail(child.tail, text, end);
      if (start < 0) return;
      at = child;
    }
  }

  #take(node: FilterNode): void {
    if (node.recipients !== null) this.found[this.count++] = node.recipients;
  }
}

/**
 * Returns where the level behind those of `tail` begins in `text`, whose levels
 * are compared from `end` on, where one ends; -1 when they do not match. One
 * past the end of `text` when they are its last.
 */
function passTail(tail: string, text: string, end: number): number {
  const { length } = text;
  let at = end;
  for (let i = 0; i < tail.length; i++) {
    const code = tail.charCodeAt(i);
    if (code === PLUS) {
      while (at < length && text.charCodeAt(at) !== SLASH) at++;
    } else if (at < length && text.charCodeAt(at) === code) {
      at++;
    } else {
      return -1;
    }
  }
  return at === length || text.charCodeAt(at) === SLASH ? at + 1 : -1;
}
