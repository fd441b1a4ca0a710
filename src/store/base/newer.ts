import { SCHEMA } from "./schema.ts";
import { StoreError } from "./store_error.ts";

/** Advice for a store of a later version. */
const ADVICE = "start the version that wrote it, or name another store in " +
  "storage.path; nothing of it was changed";

/**
 * Returns the error for a store, or a copy of it, that a later version wrote.
 */
export function newer(schema: number, path = "the store"): StoreError {
  return new StoreError(
    "newer",
    `${path} has schema ${schema}, written by a newer version; this one ` +
      `knows schemas up to ${SCHEMA}: ${ADVICE}`,
  );
}

/**
 * Returns the error for a database that a later version of Deno has changed.
 */
export function newerLayout(version: number, known: number): StoreError {
  return new StoreError(
    "newer",
    `the store's database has layout ${version}, written by a newer version; ` +
      `this one knows layouts up to ${known}: ${ADVICE}`,
  );
}
