import type { FilterNode, Recipients, Subscription } from "./filter_node.ts";
import type { FilterTree } from "./filter_tree.ts";
import { levelEnd } from "../levels/level_node.ts";

const SLASH = 0x2f;
const PLUS = 0x2b;
const DOLLAR = 0x24;

/**
 * Finds the recipients of all filters that match one topic. It reuses its arrays,
 * and has a stack of its own: filters may have more levels than calls may nest.
 */
export class TreeWalk {
  /** The recipients found, in the first `count` places. `clear` empties it. */
  readonly found: (Subscription | Recipients)[] = [];
  /** Number of recipients found. */
  count = 0;
  #text = "";
  /** Nodes for `+` still to visit; `#starts` has the begin of their level. */
  readonly #nodes: FilterNode[] = [];
  readonly #starts: number[] = [];

  /** Matches the filters in `tree` with the valid topic name `text`. */
  match(tree: FilterTree, text: string): void {
    this.#text = text;
    this.count = 0;
    const exact = tree.exact.child(text);
    if (exact !== undefined) this.#take(exact);
    // A leading wildcard matches no `$SYS` and the like [MQTT-4.7.2-1].
    const hidden = text.charCodeAt(0) === DOLLAR;
    this.#down(tree.root, 0, hidden);
    while (this.#nodes.length > 0) {
      const node = this.#nodes.pop() as FilterNode;
      const start = this.#starts.pop() as number;
      const next = passTail(node.tail, text, levelEnd(text, start));
      if (next >= 0) this.#down(node, next, false);
    }
  }

  /** Drops the recipients found. */
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
        // `a/#` also matches `a`: before the end is compared.
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
 * Compares the levels of `tail` with `text` from `end` on, the end of a level.
 * Returns the begin of the next level of `text`: one past its end behind the
 * last. Returns -1 when the levels do not match.
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
