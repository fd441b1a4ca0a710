import type { Message } from "../../mqtt/mod.ts";
import { LevelTable } from "../levels/level_table.ts";
import type { RetainedNode } from "./retained_node.ts";
import type { RetainedRecords } from "./retained_records.ts";

const DOLLAR = 0x24;

/** Children still to visit, all at the same depth. */
interface Siblings {
  readonly items: readonly (RetainedNode | null)[];
  /** Number of items when the visit began: later ones are new topics. */
  readonly end: number;
  /** Index of the next child. */
  next: number;
  readonly depth: number;
}

/**
 * Visits the retained messages that match a filter, in slices between which the
 * store may change. It reads the live tree, so it skips removed messages. It
 * also skips messages stored after number `latest`: a subscription has got them
 * at their PUBLISH. It returns each topic once, also with `latest` Infinity, as
 * a topic removed and stored again comes behind the end of its siblings.
 */
export class RetainedCursor {
  readonly #levels: readonly string[];
  readonly #records: RetainedRecords;
  readonly #latest: number;
  readonly #expire: (node: RetainedNode) => void;
  readonly #everything: boolean;
  readonly #open: Siblings[] = [];
  /** The node to visit next, `#depth` levels below the root. */
  #node: RetainedNode | null;
  #depth = 0;

  /** `filter` is valid, or null for all topics, also with `$`. */
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

  /** Returns whether all nodes were visited. */
  get done(): boolean {
    return this.#node === null;
  }

  /**
   * Visits up to `max` nodes and calls `take` for each message that matches: for
   * fewer than `max`, or none, also while more are left. Removes messages
   * expired at `now` (ms) instead. A message may be transient, valid only during
   * `take`. `take` must not change the store.
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
   * Visits up to `max` nodes and removes messages expired at `now` (ms). Returns
   * the earliest expiry of the others, or Infinity.
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

  /** Returns whether the filter ends at `depth`; `a/#` ends at `a` and below. */
  #ends(depth: number): boolean {
    const last = this.#levels.length - 1;
    return this.#levels[last] === "#" ? depth >= last : depth === last + 1;
  }

  /** Finds the node after `node`. `node` must still have its children. */
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

  /** Goes to the first child. */
  #enter(node: RetainedNode, depth: number): void {
    const children = node.children;
    if (children === null) return;
    if (children instanceof LevelTable) {
      const { items } = children;
      this.#open.push({ items, end: items.length, next: 0, depth });
    } else if (!this.#hides(children, depth)) {
      this.#node = children;
      this.#depth = depth;
    }
  }

  /** Goes to the next of the latest open siblings. */
  #leave(): void {
    while (this.#open.length > 0) {
      const siblings = this.#open[this.#open.length - 1];
      const { items, end, depth } = siblings;
      while (siblings.next < end) {
        const node = items[siblings.next++];
        if (node === null || this.#hides(node, depth)) continue;
        this.#node = node;
        this.#depth = depth;
        return;
      }
      this.#open.pop();
    }
  }

  /** Returns whether a leading wildcard skips a `$` topic [MQTT-4.7.2-1]. */
  #hides(node: RetainedNode, depth: number): boolean {
    return depth === 1 && !this.#everything &&
      node.level.charCodeAt(0) === DOLLAR;
  }
}

function isOver({ expiresAt }: RetainedNode, now: number): boolean {
  return expiresAt !== null && expiresAt <= now;
}
