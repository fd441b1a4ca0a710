import type { FilterNode, Recipients, Subscription } from "./filter_node.ts";
import type { FilterTree } from "./filter_tree.ts";

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
  readonly #levels: string[] = [];
  /** How many levels are cut so far, and where the next one begins. */
  #cut = 0;
  #next = 0;
  readonly #nodes: FilterNode[] = [];
  readonly #depths: number[] = [];

  /** Looks in `tree` for the valid topic name `text`. */
  match(tree: FilterTree, text: string): void {
    this.#text = text;
    this.#cut = this.#next = this.count = 0;
    const exact = tree.exact.child(text);
    if (exact !== undefined) this.#take(exact);
    // `$SYS` and its like are not met by a leading wildcard [MQTT-4.7.2-1].
    const hidden = text.charCodeAt(0) === DOLLAR;
    this.#down(tree.root, 0, hidden);
    while (this.#nodes.length > 0) {
      this.#down(
        this.#nodes.pop() as FilterNode,
        this.#depths.pop() as number,
        false,
      );
    }
  }

  /** Lets go of what was found. */
  clear(): void {
    this.found.length = this.count = 0;
  }

  /** Follows the exact levels from `node`; notes each `+` for later. */
  #down(node: FilterNode, depth: number, hidden: boolean): void {
    for (let at: FilterNode | undefined = node; at !== undefined; depth++) {
      if (!hidden) {
        // `a/#` matches `a` too, so this comes before the end is looked for.
        if (at.rest !== null) this.#take(at.rest);
        if (depth === this.#cut && this.#next < 0) return this.#take(at);
        if (at.plus !== null) {
          this.#nodes.push(at.plus);
          this.#depths.push(depth + 1);
        }
      }
      hidden = false;
      at = at.child(this.#level(depth));
    }
  }

  #take(node: FilterNode): void {
    if (node.recipients !== null) this.found[this.count++] = node.recipients;
  }

  /** The level `depth`; levels are cut once each, and only when asked for. */
  #level(depth: number): string {
    if (depth < this.#cut) return this.#levels[depth];
    const start = this.#next;
    const slash = this.#text.indexOf("/", start);
    this.#next = slash < 0 ? -1 : slash + 1;
    this.#cut++;
    return this.#levels[depth] = slash < 0
      ? this.#text.slice(start)
      : this.#text.slice(start, slash);
  }
}
