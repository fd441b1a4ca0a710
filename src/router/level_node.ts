/**
 * A node of a tree over topic levels. Most nodes have no child or one, so a
 * map is made only for the second: a map costs more than the node.
 */
export class LevelNode<N extends LevelNode<N>> {
  /** The level it stands for; empty for the root, and for an empty level. */
  readonly level: string;
  /** Null for the root alone. A removed node keeps its parent. */
  readonly parent: N | null;
  /** The only child, or all of them by level; a map is never empty. */
  children: N | Map<string, N> | null = null;

  constructor(level: string, parent: N | null) {
    this.level = level;
    this.parent = parent;
  }

  /** The child for `level`, or undefined. */
  child(level: string): N | undefined {
    const children = this.children;
    if (children === null) return undefined;
    if (children instanceof Map) return children.get(level);
    return children.level === level ? children : undefined;
  }

  /** Adds a child; there must be none for its level. */
  addChild(node: N): void {
    const children = this.children;
    if (children === null) {
      this.children = node;
    } else if (children instanceof Map) {
      children.set(node.level, node);
    } else {
      this.children = new Map([[children.level, children], [node.level, node]]);
    }
  }

  /**
   * Removes a child that is there. A map that is left with one child is given
   * up, but still holds that child for an iterator that is under way.
   */
  removeChild(node: N): void {
    const children = this.children;
    if (!(children instanceof Map)) {
      this.children = null;
      return;
    }
    children.delete(node.level);
    if (children.size > 1) return;
    for (const last of children.values()) this.children = last;
  }
}

/** The levels from the root to `node`, joined by slashes. */
export function pathOf<N extends LevelNode<N>>(node: N): string {
  const levels: string[] = [];
  let at = node;
  for (let up = at.parent; up !== null; up = at.parent) {
    levels.push(at.level);
    at = up;
  }
  return levels.reverse().join("/");
}

/** Where the level of `text` that begins at `start` ends. */
export function levelEnd(text: string, start: number): number {
  const slash = text.indexOf("/", start);
  return slash < 0 ? text.length : slash;
}
