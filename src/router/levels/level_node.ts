import { isLevel, type Leveled, LevelTable } from "./level_table.ts";

/**
 * A node of a tree over topic levels. Most nodes have no child or one, so a
 * table is made only for the second: a table costs more than the node.
 */
export class LevelNode<N extends LevelNode<N>> implements Leveled {
  /** The level it stands for; empty for the root, and for an empty level. */
  level: string;
  /** Null for the root alone. A removed node keeps its parent. */
  parent: N | null;
  /** The only child, or all of them by level; a table has two at least. */
  children: N | LevelTable<N> | null = null;

  constructor(level: string, parent: N | null) {
    this.level = level;
    this.parent = parent;
  }

  /** All levels it stands for, joined by slashes. */
  get text(): string {
    return this.level;
  }

  /** The child for the level of `text` from `start` to `end`. */
  child(text: string, start = 0, end: number = text.length): N | undefined {
    const children = this.children;
    if (children === null) return undefined;
    if (children instanceof LevelTable) return children.get(text, start, end);
    return isLevel(children.level, text, start, end) ? children : undefined;
  }

  /** Adds a child; there must be none for its level. */
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

  /** Puts `after`, of the same level, in the place of the child `before`. */
  replaceChild(before: N, after: N): void {
    const children = this.children;
    if (children instanceof LevelTable) children.replace(before, after);
    else this.children = after;
  }

  /**
   * Removes a child that is there. A table that is left with one child is given
   * up, but still holds that child for whoever walks it.
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

/** The levels from the root to `node`, joined by slashes. */
export function pathOf<N extends LevelNode<N>>(node: N): string {
  const levels: string[] = [];
  let at = node;
  for (let up = at.parent; up !== null; up = at.parent) {
    levels.push(at.text);
    at = up;
  }
  return levels.reverse().join("/");
}

/** Where the level of `text` that begins at `start` ends. */
export function levelEnd(text: string, start: number): number {
  const slash = text.indexOf("/", start);
  return slash < 0 ? text.length : slash;
}
