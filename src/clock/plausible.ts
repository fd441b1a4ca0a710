/** Earliest plausible date: the program did not exist before. */
export const EARLIEST_DATE: number = Date.UTC(2025, 0, 1);

/** Returns whether a calendar that shows `date` (ms since 1970) may be right. */
export function isPlausible(date: number): boolean {
  return date >= EARLIEST_DATE;
}
