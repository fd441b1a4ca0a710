import { isLevel, type Leveled, LevelTable } from "./level_table.ts";

/**
 * A node of a tree over topic levels. A node makes a table only for its second
 * child: most nodes have one at most, and a table costs more than the node.
 */
export class LevelNode<N extends LevelNode<N>> implements Leveled {
  /** Its level; empty for the root, and for an empty level. */
  level: string;
  /** Null for the root alone. A removed node keeps its parent. */
  parent: N | null;
  /** The only child, or a table of two children or more. */
  children: N | LevelTable<N> | null = null;

  constructor(level: string, parent: N | null) {
    this.level = level;
    this.parent = parent;
  }

  /** Returns its levels, joined by slashes. */
  get text(): string {
    return this.level;
  }

  /** Returns the child for the level of `text` from `start` up to `end`. */
  child(text: string, start = 0, end: number = text.length): N | undefined {
    const children = this.children;
    if (children === null) return undefined;
    if (children instanceof LevelTable) return children.get(text, start, end);
    return isLevel(children.level, text, start, end) ? children : undefined;
  }

  /** Adds a child, the only one of its level. */
  addChild(node: N): void {
    const children = this.children;
    if (children === null) {
      this.children = node;
    } else if (children instanceof LevelTable) {
      children.add(node);
    } else {
      const both = this.children = new LevelTable<N>();
      both.add(children);
      both.add(node);
    }
  }

  /** Replaces the child `before` by `after`, which has the same level. */
  replaceChild(before: N, after: N): void {
    const children = this.children;
    if (children instanceof LevelTable) children.replace(before, after);
    else this.children = after;
  }

  /**
   * Removes a child. Drops a table of one child, but leaves the child in it: a
   * walk may be under way there.
   */
  removeChild(node: N): void {
    const children = this.children;
    if (!(children instanceof LevelTable)) {
      this.children = null;
      return;
    }
    children.remove(node);
    if (children.size > 1) return;
    this.children = children.items.find((last) => last !== null)!;
  }
}

/** Returns the levels from the root to `node`, joined by slashes. */
export function pathOf<N extends LevelNode<N>>(node: N): string {
  const levels: string[] = [];
  let at = node;
  for (let up = at.parent; up !== null; up = at.parent) {
    levels.push(at.text);
    at = up;
  }
  return levels.reverse().join("/");
}

/** Returns the end of the level of `text` that begins at `start`. */
export function levelEnd(text: string, start: number): number {
  const slash = text.indexOf("/", start);
  return slash < 0 ? text.length : slash;
}
