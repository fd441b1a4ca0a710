import { FilterNode } from "./filter_node.ts";
import { levelEnd } from "./level_node.ts";
import { levelText } from "./level_text.ts";

const PLUS = 0x2b;
const REST = 0x23;

/**
 * The places of all topic filters: those with wildcards level by level. Those
 * without, mostly the most, are found by one look at the whole text, which
 * takes less time and less memory than their levels.
 */
export class FilterTree {
  /** Above the first levels of filters with wildcards. */
  readonly root: FilterNode = new FilterNode("", null);
  /** Above the filters without; each stands for a single long level. */
  readonly exact: FilterNode = new FilterNode("", null);

  /** The place of `filter`, or null when there is none. */
  find(filter: string): FilterNode | null {
    if (!hasWildcard(filter)) return this.exact.child(filter) ?? null;
    let node = this.root;
    for (let start = 0; start <= filter.length;) {
      const end = levelEnd(filter, start);
      const child = childOf(node, filter, start, end);
      if (child === null) return null;
      node = child;
      start = end + 1;
    }
    return node;
  }

  /** The place of `filter`, made when there is none; `filter` is valid. */
  place(filter: string): FilterNode {
    if (!hasWildcard(filter)) {
      return this.exact.child(filter) ?? addChild(this.exact, filter);
    }
    let node = this.root;
    for (let start = 0; start <= filter.length;) {
      const end = levelEnd(filter, start);
      node = childOf(node, filter, start, end) ??
        addChild(node, levelText(filter, start, end));
      start = end + 1;
    }
    return node;
  }

  /** Removes `node` and what is above it, as far as nothing needs them. */
  prune(node: FilterNode): void {
    let at = node;
    for (let up = at.parent; up !== null && isBare(at); up = at.parent) {
      if (up.plus === at) up.plus = null;
      else if (up.rest === at) up.rest = null;
      else up.removeChild(at);
      at = up;
    }
  }
}

/** Whether `filter` can match other names than itself. */
export function hasWildcard(filter: string): boolean {
  return filter.includes("+") || filter.includes("#");
}

function childOf(
  node: FilterNode,
  filter: string,
  start: number,
  end: number,
): FilterNode | null {
  if (end - start === 1) {
    const only = filter.charCodeAt(start);
    if (only === PLUS) return node.plus;
    if (only === REST) return node.rest;
  }
  return node.child(filter, start, end) ?? null;
}

function addChild(node: FilterNode, level: string): FilterNode {
  const child = new FilterNode(level, node);
  if (level === "+") node.plus = child;
  else if (level === "#") node.rest = child;
  else node.addChild(child);
  return child;
}

function isBare(node: FilterNode): boolean {
  return node.recipients === null && node.children === null &&
    node.plus === null && node.rest === null;
}
