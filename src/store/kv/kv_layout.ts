import type { DatabaseSync } from "node:sqlite";
import { newerLayout } from "../base/newer.ts";
import { StoreError } from "../base/store_error.ts";

/*
 * SQLite accepts files whose rows mean nothing to Deno KV. Deno KV reports some
 * of these at the opening. Others end the process: a missing table, a queue
 * entry that cannot be read, a time of expiry that is text.
 */

/**
 * The version of the tables of this Deno KV. Deno KV treats tables of a later
 * version as its own, and may damage them.
 */
const LAYOUT = 3;

/** The columns of that version, in SQLite's order. */
const COLUMNS = "data_version.k,version,seq;" +
  "kv.k,v,v_encoding,version,seq,expiration_ms;migration_state.k,version;" +
  "queue.ts,id,data,backoff_schedule,keys_if_undelivered;" +
  "queue_running.deadline,id,data,backoff_schedule,keys_if_undelivered;";

const TABLES = ["kv", "queue", "queue_running", "data_version"] as const;

/** The column of `kv` that each step to that version adds. */
const STEPS = ["k", "seq", "expiration_ms"] as const;

/** Lowest and highest version of SQLite's file format that can be written. */
const FORMATS = [1, 2] as const;

/** Offsets of the versions that may write and read the file. */
const FORMAT_BYTES = [18, 19] as const;

/** SQL: whether a row holds bytes (3) that never expire (-1). */
export const IS_OURS = "(typeof(v) = 'blob' AND v_encoding IS 3 AND " +
  "typeof(version) = 'integer' AND expiration_ms IS -1) AS ours";

/**
 * Throws `StoreError` `corrupt` when Dunlin cannot have written the row of
 * `what`.
 */
export function checkRow(
  { ours }: Record<string, unknown>,
  what: string,
): void {
  if (ours === 1) return;
  throw new StoreError("corrupt", `the row of ${what} is damaged`);
}

/** Checks the header of the file at `path` beyond SQLite's own check. */
export async function checkFormat(path: string): Promise<void> {
  const file = await Deno.open(path, { read: true });
  try {
    const header = new Uint8Array(20);
    // A new file has no header yet.
    if (await file.read(header) !== header.length) return;
    const [least, most] = FORMATS;
    for (const at of FORMAT_BYTES) {
      if (header[at] <= most && header[at] >= least) continue;
      throw new StoreError("corrupt", "the header of the file is damaged");
    }
  } finally {
    file.close();
  }
}

/**
 * Checks that the tables are as Deno KV needs them.
 *
 * @throws {StoreError} `corrupt`, or `newer` when a later version of it made
 * them.
 */
export function checkLayout(database: DatabaseSync): void {
  const rows = database.prepare(
    "SELECT name FROM sqlite_master WHERE type = 'table'",
  ).all();
  const tables = new Set(rows.map(({ name }) => String(name)));
  // A process that ended in its first moments leaves an empty file.
  if (tables.size === 0) return;
  const version = counted(database, tables, "migration_state");
  if (version < LAYOUT) return checkSteps(database, version);
  if (version > LAYOUT) throw higher(database, version);
  for (const name of TABLES) {
    if (tables.has(name)) continue;
    throw new StoreError("corrupt", `the table ${name} is missing`);
  }
  counted(database, tables, "data_version");
  for (const name of ["queue", "queue_running"]) {
    // A broker never uses the queues.
    const row = database.prepare(`SELECT 1 FROM ${name} LIMIT 1`).get();
    if (row === undefined) continue;
    throw new StoreError("corrupt", `the table ${name} is damaged`);
  }
  checkStrays(database);
}

/**
 * Checks that tables of an earlier `version` have the columns of that version.
 * Deno KV would repeat a step, and fail.
 */
function checkSteps(database: DatabaseSync, version: number): void {
  const columns = new Set(
    database.prepare("SELECT name FROM pragma_table_info('kv')").all()
      .map(({ name }) => String(name)),
  );
  const made = STEPS.filter((column) => columns.has(column)).length;
  if (made === version) return;
  throw new StoreError("corrupt", "the version of the tables is damaged");
}

/**
 * Returns the error for a version number above the columns of today: damage.
 */
function higher(database: DatabaseSync, version: number): StoreError {
  const rows = database.prepare(
    `SELECT m.name AS name, group_concat(c.name, ',') AS columns
      FROM sqlite_master m, pragma_table_info(m.name) c
      WHERE m.type = 'table' GROUP BY m.name ORDER BY m.name`,
  ).all();
  const columns = rows.map((row) => `${row.name}.${row.columns};`).join("");
  return columns === COLUMNS
    ? new StoreError("corrupt", "the table migration_state is damaged")
    : newerLayout(version, LAYOUT);
}

/** Returns the version in `table`; the highest number cannot be counted on. */
function counted(
  database: DatabaseSync,
  tables: ReadonlySet<string>,
  table: string,
): number {
  const row = tables.has(table)
    ? database.prepare(
      `SELECT version FROM ${table} WHERE k = 0 AND
        typeof(version) = 'integer' AND version BETWEEN 0 AND ?`,
    ).get(Number.MAX_SAFE_INTEGER)
    : undefined;
  if (row !== undefined) return row.version as number;
  throw new StoreError("corrupt", `the table ${table} is damaged`);
}

/**
 * Finds keys that are no bytes, and rows that Deno KV would delete as expired.
 */
function checkStrays(database: DatabaseSync): void {
  const keys = database.prepare(
    "SELECT 1 FROM kv WHERE k < x'02' OR k >= x'03' LIMIT 1",
  ).get();
  const expiring = database.prepare(
    "SELECT 1 FROM kv WHERE expiration_ms <> -1 LIMIT 1",
  ).get();
  if (keys === undefined && expiring === undefined) return;
  throw new StoreError(
    "corrupt",
    "the table kv has a row that Dunlin never writes",
  );
}
