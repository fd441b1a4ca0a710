import type { DatabaseSync } from "node:sqlite";
import { JOURNALED } from "./kv_file.ts";

/**
 * Makes a store that nobody has open one file: what stands in the write-ahead
 * log beside it goes into it. With `alone` it also forgets that it had a second
 * copy, which does not come with it.
 */
export async function makeSingle(path: string, alone: boolean): Promise<void> {
  const sqlite = await import("node:sqlite");
  const database = new sqlite.DatabaseSync(path);
  try {
    if (alone && hasValues(database)) {
      database.prepare("DELETE FROM kv WHERE k = ?").run(JOURNALED);
    }
    database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    // So that it can be read where its folder cannot be written to.
    database.exec("PRAGMA journal_mode = DELETE");
  } finally {
    database.close();
  }
}

function hasValues(database: DatabaseSync): boolean {
  return database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'kv'")
    .get() !== undefined;
}
