import { filterMatches } from "../filters/filter_match.ts";

/**
 * Changes remembered; a power of two. Comparing a topic with so many filters
 * costs about as much as matching it anew.
 */
const REMEMBERED = 128;

/** Longest name compared, in characters: matching a longer one costs less. */
const LONGEST = 512;

/**
 * Remembers the last filters with wildcards whose subscriptions changed, each
 * under the generation its change began. A route from an older generation
 * holds when none of the later filters matches its topic.
 */
export class RecentChanges {
  /** The filter of generation `g` stands at `g % REMEMBERED`. */
  readonly #filters: string[] = new Array(REMEMBERED).fill("");
  /** Changes up to this generation may have touched every topic. */
  #forgotten = 0;

  /** Remembers the change that began `generation`, one above the last. */
  note(generation: number, filter: string): void {
    this.#filters[generation & REMEMBERED - 1] = filter;
  }

  /** Notes that the change that began `generation` may touch every topic. */
  noteAll(generation: number): void {
    this.#forgotten = generation;
  }

  /**
   * Returns whether a change after generation `from` up to `to` may have
   * touched the topic `name`; true also when an answer would cost too much.
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
