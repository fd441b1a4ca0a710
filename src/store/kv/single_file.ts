import type { DatabaseSync } from "node:sqlite";
import { newEpoch } from "../blocks/blocks.ts";
import { decodeHead, encodeHead } from "../blocks/head_record.ts";
import { exists } from "../files/files.ts";
import { HEAD, JOURNALED } from "./kv_file.ts";
import { NOTHING_KEY, readOpening } from "./own_kv.ts";
import { systemFiles } from "../files/system_files.ts";

/**
 * Moves the write-ahead log of a store that is open nowhere into its file.
 * `alone` also removes the mark of a second copy, which stays behind, and
 * begins a new epoch: the original may continue, too.
 */
export async function makeSingle(path: string, alone: boolean): Promise<void> {
  const sqlite = await import("node:sqlite");
  const database = new sqlite.DatabaseSync(path);
  try {
    if (alone && hasValues(database)) {
      database.prepare("DELETE FROM kv WHERE k = ?").run(JOURNALED);
      beginEpoch(database);
    }
    database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    // The store can then be read in a folder without write permission.
    database.exec("PRAGMA journal_mode = DELETE");
  } finally {
    database.close();
  }
}

function beginEpoch(database: DatabaseSync): void {
  const row = database.prepare("SELECT v FROM kv WHERE k = ?").get(HEAD);
  if (row === undefined) return;
  const head = decodeHead(row.v as Uint8Array);
  // A store without an epoch gets one at its migration.
  if (head.epoch === 0) return;
  database.prepare("UPDATE kv SET v = ? WHERE k = ?")
    .run(encodeHead({ ...head, epoch: newEpoch() }), HEAD);
}

/**
 * Copies the write-ahead log of the store at `path` into its file, and empties
 * the log; does nothing where a reader still needs it. A broker that has the
 * store open continues to write. The log must be longer than 4 MiB, from which
 * on each commit of Deno KV copies what it can.
 */
export async function emptyLog(path: string): Promise<void> {
  // SQLite and Deno KV would create a new file.
  if (!await exists(systemFiles, path)) return;
  await readOpening(path);
  // Copying takes seconds: a commit does it, in a thread of Deno KV.
  const kv = await Deno.openKv(path);
  await kv.delete(NOTHING_KEY).finally(() => kv.close());
  const sqlite = await import("node:sqlite");
  const database = new sqlite.DatabaseSync(path);
  try {
    // No waiting: this thread serves clients.
    database.exec("PRAGMA busy_timeout = 0");
    database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  } finally {
    database.close();
  }
}

function hasValues(database: DatabaseSync): boolean {
  return database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'kv'")
    .get() !== undefined;
}
