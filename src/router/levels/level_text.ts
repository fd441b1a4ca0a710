import { ownText } from "../../mqtt/mod.ts";

/** Levels that are remembered; a power of two. */
const REMEMBERED = 512;

/** Longer ones are rarely the same under many parents. */
const SHORT = 12;

const remembered: string[] = new Array(REMEMBERED).fill("");

/**
 * The level of `text` from `start` to `end`, to be kept: it does not hold on
 * to the whole text, and short levels, which are mostly the same below very
 * many others (`state`), share one string.
 */
export function levelText(text: string, start: number, end: number): string {
  const level = ownText(text, start, end);
  const { length } = level;
  if (length === 0 || length > SHORT) return level;
  const place = (length * 31 + level.charCodeAt(0) * 7 +
    level.charCodeAt(length - 1) * 13 + level.charCodeAt(length >> 1)) &
    (REMEMBERED - 1);
  if (remembered[place] === level) return remembered[place];
  return remembered[place] = level;
}
