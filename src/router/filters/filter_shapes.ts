import { levelEnd } from "../levels/level_node.ts";

const PLUS = 0x2b;
const REST = 0x23;

/** Characters whose comparison costs about as much as one more level. */
const CHARACTERS_A_LEVEL = 128;

/** Levels whose wildcards fit one number. */
const NUMBERED = 19;

/** The work that a filter may add to the match of a topic. */
export interface FilterShape {
  /** Equal for filters of which a topic matches one at most. */
  readonly key: number | string;
  /** Levels that a match may compare because of the filter; at least 1. */
  readonly levels: number;
}

/**
 * Returns the shape of a valid filter: its share name, the levels of its
 * wildcards, and its approximate length. The topic decides all other levels, so
 * a match meets one place of each shape at most. Returns null for a filter that
 * adds no place, without `+` and not shared: the match visits it anyway.
 */
export function shapeOf(
  filter: string,
  group: string | null,
): FilterShape | null {
  if (group === null && !filter.includes("+")) return null;
  let levels = 0;
  let first = -1;
  // A 1, then a digit for each level; long filters have several numbers.
  let kinds = 1;
  let before = "";
  for (let start = 0; start <= filter.length; levels++) {
    const end = levelEnd(filter, start);
    const code = end - start === 1 ? filter.charCodeAt(start) : 0;
    if (code === PLUS && first < 0) first = levels;
    if (levels > 0 && levels % NUMBERED === 0) {
      before += `${kinds} `;
      kinds = 1;
    }
    kinds = kinds * 3 + (code === PLUS ? 1 : code === REST ? 2 : 0);
    start = end + 1;
  }
  const extra = Math.floor(filter.length / CHARACTERS_A_LEVEL);
  return {
    key: group === null && extra === 0 && before === ""
      ? kinds
      : `${group ?? ""}/${extra} ${before}${kinds}`,
    levels: (first < 0 ? 1 : levels - first) + extra,
  };
}

/** The shapes of one subscriber's filters, each counted once. */
export class FilterShapes {
  readonly #filters = new Map<number | string, number>();
  #levels = 0;

  /** Notes one more filter of `shape`. */
  add({ key, levels }: FilterShape): void {
    const count = this.#filters.get(key) ?? 0;
    this.#filters.set(key, count + 1);
    if (count === 0) this.#levels += levels;
  }

  /** Notes one filter of `shape` less. */
  remove({ key, levels }: FilterShape): void {
    const count = this.#filters.get(key) ?? 0;
    if (count > 1) this.#filters.set(key, count - 1);
    else if (this.#filters.delete(key)) this.#levels -= levels;
  }

  /** Returns the levels of all shapes together with `shape`. */
  levelsWith({ key, levels }: FilterShape): number {
    return this.#levels + (this.#filters.has(key) ? 0 : levels);
  }
}
