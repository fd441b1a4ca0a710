import { exists } from "../files/files.ts";
import { storeFiles } from "../copies/set_aside.ts";
import { StoreError } from "../base/store_error.ts";
import { systemFiles } from "../files/system_files.ts";

/**
 * Throws `StoreError` `locked` when the file at `path` is open under another
 * path: by a hard link, or because the single file is mounted elsewhere. SQLite
 * keeps a write-ahead log beside each path, and two logs damage the store. A
 * program that uses this path leaves files beside it, and is allowed.
 */
export async function refuseSecondPath(path: string): Promise<void> {
  if (!await exists(systemFiles, path)) return;
  // Looking would change the files of a crash before they are verified.
  if (await hasCompanions(path)) return;
  if (!await isHeld(path) || await hasCompanions(path)) return;
  throw new StoreError(
    "locked",
    `the store ${path} is in use under another path: its file has a hard ` +
      "link, or a mount of its own",
  );
}

async function hasCompanions(path: string): Promise<boolean> {
  for (const part of storeFiles(path).slice(1)) {
    if (await exists(systemFiles, part)) return true;
  }
  return false;
}

/** Returns whether another program has the database open. */
async function isHeld(path: string): Promise<boolean> {
  const sqlite = await import("node:sqlite");
  let database: InstanceType<typeof sqlite.DatabaseSync> | null = null;
  try {
    database = new sqlite.DatabaseSync(path);
    database.exec("PRAGMA busy_timeout = 0; PRAGMA locking_mode = EXCLUSIVE");
    database.exec("BEGIN EXCLUSIVE; ROLLBACK");
    return false;
  } catch (error) {
    // Later steps report other errors.
    return /database is locked/.test((error as Error).message);
  } finally {
    database?.close();
  }
}
