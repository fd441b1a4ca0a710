import { ownText } from "../../mqtt/mod.ts";
import { FilterNode } from "./filter_node.ts";
import { levelEnd } from "../levels/level_node.ts";
import { levelText } from "../levels/level_text.ts";

const SLASH = 0x2f;
const PLUS = 0x2b;
const REST = 0x23;

/**
 * The places of all topic filters. Filters with wildcards are a tree of levels:
 * levels without a branch or filter between them share a node, so a filter adds
 * three nodes at most. Filters without wildcards, mostly the majority, need one
 * lookup of the whole text: that takes less time and memory than their levels.
 */
export class FilterTree {
  /** Parent of the first levels of filters with wildcards. */
  readonly root: FilterNode = new FilterNode("", null);
  /** Parent of the filters without wildcards; each is one long level. */
  readonly exact: FilterNode = new FilterNode("", null);

  /** Returns the place of `filter`, or null. */
  find(filter: string): FilterNode | null {
    if (!hasWildcard(filter)) return this.exact.child(filter) ?? null;
    let node = this.root;
    for (let start = 0; start <= filter.length;) {
      const end = levelEnd(filter, start);
      const child = childOf(node, filter, start, end);
      if (child === null) return null;
      const same = sameLevels(child.tail, filter, end);
      if (same < child.tail.length) return null;
      start = end + same + 1;
      node = child;
    }
    return node;
  }

  /** Returns the place of the valid `filter`; makes a missing one. */
  place(filter: string): FilterNode {
    if (!hasWildcard(filter)) {
      return this.exact.child(filter) ??
        attach(this.exact, new FilterNode(filter, this.exact));
    }
    let node = this.root;
    for (let start = 0; start <= filter.length;) {
      const end = levelEnd(filter, start);
      const child = childOf(node, filter, start, end);
      if (child === null) return grow(node, filter, start);
      const same = sameLevels(child.tail, filter, end);
      start = end + same + 1;
      node = same === child.tail.length ? child : split(child, same);
    }
    return node;
  }

  /**
   * Removes `node` and its ancestors as far as they have neither recipients nor
   * children, and joins levels without a branch between them.
   */
  prune(node: FilterNode): void {
    let at = node;
    for (let up = at.parent; up !== null && isBare(at); up = at.parent) {
      if (up.plus === at) up.plus = null;
      else if (up.rest === at) up.rest = null;
      else up.removeChild(at);
      at = up;
    }
    if (at.parent !== null) join(at, at.parent);
  }
}

/** Returns whether `filter` can match other names than itself. */
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

/**
 * Returns the characters of `tail`, in whole levels, that `filter` has from `end`
 * on; a level of `filter` ends there.
 */
function sameLevels(tail: string, filter: string, end: number): number {
  let same = 0;
  for (let at = 0; at < tail.length;) {
    if (tail.charCodeAt(at) !== filter.charCodeAt(end + at)) break;
    at++;
    if (endsLevel(tail, at) && endsLevel(filter, end + at)) same = at;
  }
  return same;
}

function endsLevel(text: string, at: number): boolean {
  return at === text.length || text.charCodeAt(at) === SLASH;
}

/** Adds the levels of `filter` from `start` on; returns the node of the last. */
function grow(node: FilterNode, filter: string, start: number): FilterNode {
  const last = filter.length - 1;
  const hasRest = filter.charCodeAt(last) === REST;
  // Before the `/#`, which has a node of its own: it matches its parent, too.
  const stop = hasRest ? last - 1 : filter.length;
  let at = node;
  if (start <= stop) {
    const end = levelEnd(filter, start);
    at = attach(node, new FilterNode(levelText(filter, start, end), node));
    at.tail = ownText(filter, end, stop);
  }
  return hasRest ? attach(at, new FilterNode("#", at)) : at;
}

function attach(parent: FilterNode, child: FilterNode): FilterNode {
  if (child.level === "+") parent.plus = child;
  else if (child.level === "#") parent.rest = child;
  else parent.addChild(child);
  return child;
}

/** Replaces `before` by `after`, which has the same level. */
function replace(before: FilterNode, after: FilterNode): void {
  const parent = before.parent!;
  if (parent.plus === before) parent.plus = after;
  else parent.replaceChild(before, after);
}

/** Splits a node behind `at` characters of its tail; returns the upper part. */
function split(node: FilterNode, at: number): FilterNode {
  const { tail } = node;
  const upper = new FilterNode(node.level, node.parent);
  upper.tail = ownText(tail, 0, at);
  replace(node, upper);
  const end = levelEnd(tail, at + 1);
  node.level = levelText(tail, at + 1, end);
  node.tail = ownText(tail, end, tail.length);
  node.parent = upper;
  attach(upper, node);
  return upper;
}

/** Joins a node without recipients to its child, if that is the only one. */
function join(node: FilterNode, parent: FilterNode): void {
  if (node.recipients !== null || node.rest !== null) return;
  const { plus, children } = node;
  const only = plus === null ? children : children === null ? plus : null;
  if (!(only instanceof FilterNode)) return;
  replace(node, only);
  only.tail = `${node.tail}/${only.level}${only.tail}`;
  only.level = node.level;
  only.parent = parent;
}

/** Returns whether a node has neither recipients nor children. */
function isBare(node: FilterNode): boolean {
  return node.recipients === null && node.children === null &&
    node.plus === null && node.rest === null;
}
