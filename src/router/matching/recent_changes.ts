import { filterMatches } from "../filters/filter_match.ts";

/**
 * Number of latest changes; a power of two. Comparing a topic with so many
 * filters costs about as much as another match.
 */
const REMEMBERED = 128;

/** Longest name compared (characters): a longer one is matched again. */
const LONGEST = 512;

/**
 * The latest changed filters with wildcards, each with the generation that began
 * with its change. A route of an older generation is valid unless a later filter
 * matches its topic.
 */
export class RecentChanges {
  /** The filter of generation `g` is at `g % REMEMBERED`. */
  readonly #filters: string[] = new Array(REMEMBERED).fill("");
  /** Changes up to this generation may have touched every topic. */
  #forgotten = 0;

  /** Notes the change that began `generation`, one above the last. */
  note(generation: number, filter: string): void {
    this.#filters[generation & REMEMBERED - 1] = filter;
  }

  /** Notes that the change that began `generation` may touch every topic. */
  noteAll(generation: number): void {
    this.#forgotten = generation;
  }

  /**
   * Returns whether a change after generation `from` up to `to` may match the
   * topic `name`; true also when comparing would cost too much.
   */
  mayTouch(name: string, from: number, to: number): boolean {
    if (from < this.#forgotten || to - from > REMEMBERED) return true;
    if (to > from && name.length > LONGEST) return true;
    for (let at = to; at > from; at--) {
      if (filterMatches(this.#filters[at & REMEMBERED - 1], name)) return true;
    }
    return false;
  }
}
