/** Bytes in a page of SQLite, and of the system's cache. */
export const PAGE = 4096;

/** Returns `bytes` rounded up to whole pages: a disk writes no less. */
export function wholePages(bytes: number): number {
  return Math.ceil(bytes / PAGE) * PAGE;
}
