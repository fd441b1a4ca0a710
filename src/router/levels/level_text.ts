import { ownText } from "../../mqtt/mod.ts";

/** Number of shared strings; a power of two. */
const REMEMBERED = 512;

/** Longest shared level: longer ones rarely repeat under many parents. */
const SHORT = 12;

const remembered: string[] = new Array(REMEMBERED).fill("");

/**
 * Returns the level of `text` from `start` up to `end` as a string to keep: it
 * does not keep the whole text alive. Equal short levels, like `state` below
 * many others, share one string.
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
