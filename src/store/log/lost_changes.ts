import { StoreError } from "../base/store_error.ts";

/**
 * Returns the error for a stop that could not write; `unwritten` changes are
 * not on disk. With 0 a block that no copy has whole could not be written again.
 */
export function lostChanges(
  unwritten: number,
  place = "the disk",
  reason: string | null,
  cause: unknown,
): StoreError {
  const what = unwritten === 0
    ? "a part of the store that has to be written again"
    : `the last changes (about ${unwritten})`;
  return new StoreError(
    "unwritten",
    `${what} could not be written to ${place}: ${reason}`,
    cause,
  );
}
