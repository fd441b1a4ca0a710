import { levelEnd } from "../levels/level_node.ts";

const PLUS = 0x2b;
const REST = 0x23;

/** Characters whose comparison costs about as much as one more level. */
const CHARACTERS_A_LEVEL = 128;

/** Levels of which a number can say where the wildcards stand. */
const NUMBERED = 19;

/** What a filter may add to the match of a topic. */
export interface FilterShape {
  /** The same for filters of which a topic matches one at most. */
  readonly key: number | string;
  /** Levels that a match may have to compare because of it; at least 1. */
  readonly levels: number;
}

/**
 * Returns the shape of a valid filter: its share name, where its wildcards
 * stand, and about how long it is. A topic decides all other levels, so it
 * meets one place of each shape at most. Null when the filter adds no place of
 * its own, as it has no `+` and is not shared: the way to it is the topic's.
 */
export function shapeOf(
  filter: string,
  group: string | null,
): FilterShape | null {
  if (group === null && !filter.includes("+")) return null;
  let levels = 0;
  let first = -1;
  // A digit for each level behind a 1; of long filters several numbers.
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

  /** Notes that a filter of `shape` has gone. */
  remove({ key, levels }: FilterShape): void {
    const count = this.#filters.get(key) ?? 0;
    if (count > 1) this.#filters.set(key, count - 1);
    else if (this.#filters.delete(key)) this.#levels -= levels;
  }

  /** Returns the levels of all shapes together, with `shape` among them. */
  levelsWith({ key, levels }: FilterShape): number {
    return this.#levels + (this.#filters.has(key) ? 0 : levels);
  }
}
