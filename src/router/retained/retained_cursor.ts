import type { Message } from "../../mqtt/mod.ts";
import { LevelTable } from "../levels/level_table.ts";
import type { RetainedNode } from "./retained_node.ts";
import type { RetainedRecords } from "./retained_records.ts";

const DOLLAR = 0x24;

/** Children still to be visited, all at the same depth. */
interface Siblings {
  readonly items: readonly (RetainedNode | null)[];
  /** Index of the next of them. */
  next: number;
  readonly depth: number;
}

/**
 * Goes through the retained messages that match a filter, a slice at a time;
 * the store may change between slices. It reads the live tree, so that it
 * never gives out a message that was replaced or removed; and it leaves out
 * what was stored after it was made, because a subscription that exists since
 * then has got that as it was published. So each topic is given out once.
 */
export class RetainedCursor {
  readonly #levels: readonly string[];
  readonly #records: RetainedRecords;
  readonly #latest: number;
  readonly #expire: (node: RetainedNode) => void;
  readonly #everything: boolean;
  readonly #open: Siblings[] = [];
  /** The node to be visited next, with the levels that lead to it. */
  #node: RetainedNode | null;
  #depth = 0;

  /** `filter` is valid, or null for everything, `$` topics too. */
  constructor(
    root: RetainedNode,
    records: RetainedRecords,
    filter: string | null,
    latest: number,
    expire: (node: RetainedNode) => void,
  ) {
    this.#node = root;
    this.#everything = filter === null;
    this.#levels = filter === null ? ["#"] : filter.split("/");
    this.#records = records;
    this.#latest = latest;
    this.#expire = expire;
  }

  /** Whether there is nothing more to come. */
  get done(): boolean {
    return this.#node === null;
  }

  /**
   * Visits up to `max` nodes and calls `take` for each message that matches;
   * it may return fewer messages, even none, while there are more to come.
   * Those expired at `now` (ms) are removed instead. A message may be
   * transient, valid only during `take`; which must not change the store.
   */
  next(max: number, now: number, take: (message: Message) => void): void {
    for (let n = 0; n < max && this.#node !== null; n++) {
      const node = this.#node;
      const depth = this.#depth;
      this.#advance(node, depth);
      if (node.held === null || !this.#ends(depth)) continue;
      if (isOver(node, now)) this.#expire(node);
      else if (node.sequence <= this.#latest) {
        take(this.#records.read(node) as Message);
      }
    }
  }

  /**
   * Visits up to `max` nodes and removes what has expired at `now` (ms).
   * Returns when the first of the others expires, Infinity for never.
   */
  expire(max: number, now: number): number {
    let soonest = Infinity;
    for (let n = 0; n < max && this.#node !== null; n++) {
      const node = this.#node;
      this.#advance(node, this.#depth);
      if (node.held === null || node.expiresAt === null) continue;
      if (isOver(node, now)) this.#expire(node);
      else soonest = Math.min(soonest, node.expiresAt);
    }
    return soonest;
  }

  /** Whether the filter ends at `depth`; `a/#` ends at `a` and below. */
  #ends(depth: number): boolean {
    const last = this.#levels.length - 1;
    return this.#levels[last] === "#" ? depth >= last : depth === last + 1;
  }

  /** Finds the node after `node`, while that still has its children. */
  #advance(node: RetainedNode, depth: number): void {
    const levels = this.#levels;
    const last = levels.length - 1;
    const level = depth < last ? levels[depth] : levels[last];
    this.#node = null;
    if (level === "#" || (depth <= last && level === "+")) {
      this.#enter(node, depth + 1);
    } else if (depth <= last) {
      this.#node = node.child(level) ?? null;
      this.#depth = depth + 1;
    }
    if (this.#node === null) this.#leave();
  }

  /** Goes to the first of the children. */
  #enter(node: RetainedNode, depth: number): void {
    const children = node.children;
    if (children === null) return;
    if (children instanceof LevelTable) {
      this.#open.push({ items: children.items, next: 0, depth });
    } else if (!this.#hides(children, depth)) {
      this.#node = children;
      this.#depth = depth;
    }
  }

  /** Goes to the next of the siblings that were left open last. */
  #leave(): void {
    while (this.#open.length > 0) {
      const siblings = this.#open[this.#open.length - 1];
      const { items, depth } = siblings;
      while (siblings.next < items.length) {
        const node = items[siblings.next++];
        if (node === null || this.#hides(node, depth)) continue;
        this.#node = node;
        this.#depth = depth;
        return;
      }
      this.#open.pop();
    }
  }

  /** `$` topics are not met by a leading wildcard [MQTT-4.7.2-1]. */
  #hides(node: RetainedNode, depth: number): boolean {
    return depth === 1 && !this.#everything &&
      node.level.charCodeAt(0) === DOLLAR;
  }
}

function isOver({ expiresAt }: RetainedNode, now: number): boolean {
  return expiresAt !== null && expiresAt <= now;
}
