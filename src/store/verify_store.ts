import { exists } from "./files.ts";
import { StoreError } from "./store_error.ts";
import { systemFiles } from "./system_files.ts";
import { type Verdict, verify } from "./verified_start.ts";

/** What SQLite and the system say when there is no room. */
export const FULL = /disk is full|no space|ENOSPC|quota/i;

/**
 * Looks the store at `path` over, as a start does; also while a broker uses it.
 *
 * @throws {StoreError} `missing`, `corrupt`, `newer`, or `failing`.
 */
export async function verifyStore(path: string): Promise<Verdict> {
  await present(path);
  return await verify(path).catch((error) => {
    throw damaged(error, path);
  });
}

/** The `error` of the store `path` with where the damage is, if it is damage. */
export function damaged(error: unknown, path: string): unknown {
  if (!(error instanceof StoreError) || error.fault !== "corrupt") return error;
  return new StoreError(
    "corrupt",
    `${path} is damaged: ${error.message}`,
    error,
  );
}

/** Throws `StoreError` `missing` where there is no store. */
export async function present(path: string): Promise<void> {
  if (await exists(systemFiles, path)) return;
  throw new StoreError("missing", `there is no store at ${path}`);
}
