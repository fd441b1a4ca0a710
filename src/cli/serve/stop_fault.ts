/** Facts of a stop. */
export interface StopFacts {
  /** `shutdown.timeout`, ms. */
  readonly timeout: number;
  /** False when the broker has not stopped in that time. */
  readonly isWhole: boolean;
  /** Changes that are not on disk, about. */
  readonly unwritten: number;
  /** Path of the store. */
  readonly path: string;
  /** The reason why the store belongs to another broker; null if it does not. */
  readonly taken: string | null;
}

/** Returns the fault of a stop, what it loses and what to do; null for none. */
export function stopFaultText(
  { timeout, isWhole, unwritten, path, taken }: StopFacts,
): string | null {
  const state = unwritten === 0
    ? `all its changes are in ${path}`
    : `the last changes (about ${unwritten}) are not in ${path}`;
  if (taken !== null) {
    return `${taken}\n  this broker has stopped: ${state}` +
      ". See that one broker alone uses it, then start it again";
  }
  if (isWhole) return null;
  return `the stop took longer than ${timeout} ms (shutdown.timeout): ${state}` +
    "\n  give it more time with --set shutdown.timeout=1m, and see why the " +
    "disk is so slow";
}
