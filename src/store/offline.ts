import { SystemClock } from "../clock/mod.ts";
import { BatchEncoder } from "./log/batch_encoder.ts";
import { BlockReader } from "./blocks/block_reader.ts";
import { newEpoch } from "./blocks/blocks.ts";
import { BlockWriter } from "./blocks/block_writer.ts";
import { KvFile } from "./kv/kv_file.ts";
import { Ledger } from "./log/ledger.ts";
import { StoreLock } from "./opening/lock.ts";
import { LogStore } from "./log/log_store.ts";
import { convertBlock } from "./blocks/old_schemas.ts";
import { isFull } from "./base/open_fault.ts";
import { openKvBlocks } from "./kv/open_kv.ts";
import { whyFull } from "./space/space.ts";
import { PlainState } from "./plain_state.ts";
import { realStorePath } from "./files/real_path.ts";
import { complete } from "./opening/start_from_copies.ts";
import { Replay } from "./log/replay.ts";
import { restore } from "./log/rebuild_state.ts";
import { exists } from "./files/files.ts";
import { putBack, settle } from "./opening/replace_store.ts";
import { setAsideBefore } from "./copies/set_aside.ts";
import { SCHEMA } from "./base/schema.ts";
import { StoreError } from "./base/store_error.ts";
import { dateOfHead } from "./log/store_time.ts";
import { systemDisk } from "./opening/system_disk.ts";
import { systemFiles } from "./files/system_files.ts";
import { present, verifyStore } from "./kv/verify_store.ts";

/** Name in the lock while a command works on a store. */
const NAME = "dunlin store";

/** Tries of a commit: the user waits for the command. */
const TRIES = 3;

/** Contents of a store; sizes in bytes. */
export interface StoreInfo {
  /** Schema it was written with. */
  readonly schema: number;
  /** When it was last written, ms since 1970; 0 = never. */
  readonly committedAt: number;
  /** Sessions. */
  readonly sessions: number;
  /** Their subscriptions. */
  readonly subscriptions: number;
  /** Messages that wait or are unacknowledged, counted for each session. */
  readonly entries: number;
  /** Distinct messages among these. */
  readonly queuedMessages: number;
  /** Retained messages. */
  readonly retained: number;
  /** Live records of retained messages. */
  readonly retainedBytes: number;
  /** Live records of messages that wait or are in flight. */
  readonly queuedBytes: number;
  /** Live records of sessions and subscriptions. */
  readonly sessionBytes: number;
  /** All records, live or not. */
  readonly storedBytes: number;
  /** The file. */
  readonly fileBytes: number;
  /** When the oldest queued message was stored, ms since 1970; 0 = none. */
  readonly oldestMessageAt: number;
  /** Damaged stores that earlier starts renamed, the oldest first. */
  readonly setAside: readonly string[];
}

/**
 * Returns the contents of the store at `path`, also while a broker uses it.
 * Reads every record, and so verifies all of it.
 *
 * @throws {StoreError} `missing`, `corrupt`, `newer`, or `failing`.
 */
export async function storeInfo(path: string): Promise<StoreInfo> {
  const { schema, head } = await verifyStore(path);
  const ledger = new Ledger(head.first);
  const numbers = { next: head.next };
  const state = new PlainState();
  const replay = new Replay(ledger, state);
  const reader = new BlockReader(replay);
  const file = await KvFile.open(path);
  try {
    file.hold();
    // A broker may have committed since the check: the head of now counts.
    const now = file.head;
    ledger.first = now.first;
    for (const { number, bytes } of file.blocks(schema, now)) {
      ledger.sealed(number, bytes.length);
      reader.block({
        number,
        bytes: schema === SCHEMA ? bytes : convertBlock(bytes, number, schema),
      });
    }
    reader.end(now);
  } finally {
    file.close();
  }
  const writer = new BlockWriter(head.last + 1, head.sum);
  const encoder = new BatchEncoder(writer, ledger, numbers);
  const restored = await restore(replay, state, ledger, encoder);
  const oldest = encoder.bodies.values().next().value;
  return {
    schema,
    committedAt: dateOfHead(head),
    ...restored,
    queuedMessages: encoder.bodies.size,
    retained: replay.retained,
    ...ledger.sizes,
    storedBytes: ledger.stored,
    fileBytes: (await Deno.stat(path)).size,
    oldestMessageAt: oldest === undefined
      ? 0
      : dateOfHead(head) - head.time + oldest.storedAt * 1000,
    setAside: await setAsideBefore(systemFiles, await realStorePath(path)),
  };
}

/**
 * Puts the backup `file` in place of the store at `path`, which no broker may
 * use. Returns the new path of the previous store, or null.
 *
 * @throws {StoreError} `missing`, `corrupt` or `newer` for the backup, `locked`
 * for the store, `full` or `failing`. The store is unchanged then.
 */
export async function restoreStore(
  file: string,
  path: string,
): Promise<string | null> {
  await verifyStore(file);
  if (await isSameFile(file, path)) {
    throw new StoreError(
      "failing",
      `${file} is the store itself; name a backup`,
    );
  }
  const lock = await StoreLock.take(path, NAME);
  try {
    await settle(systemFiles, lock.path, new SystemClock().date());
    return await putBack(file, lock.path);
  } finally {
    await lock.release();
  }
}

async function isSameFile(a: string, b: string): Promise<boolean> {
  return await exists(systemFiles, b) &&
    await realStorePath(a) === await realStorePath(b);
}

/**
 * Makes the store at `path`, which no broker may use, as small as possible. An
 * error loses nothing.
 *
 * @throws {StoreError} `missing`, `corrupt`, `newer`, `locked`, `failing`, or
 * `full`: live records are written again before the rest is deleted.
 */
export async function compactStore(path: string): Promise<void> {
  await present(path);
  const lock = await StoreLock.take(path, NAME);
  try {
    await settle(systemFiles, lock.path, new SystemClock().date());
    await verifyStore(path);
    await complete(systemDisk, lock.path);
    await rewrite(lock.path);
    const { DatabaseSync } = await import("node:sqlite");
    const database = new DatabaseSync(path);
    try {
      database.exec("VACUUM");
    } finally {
      database.close();
    }
  } catch (error) {
    throw await noRoom(error, path);
  } finally {
    await lock.release();
  }
}

async function rewrite(path: string): Promise<void> {
  const store = new LogStore(await openKvBlocks(path), new SystemClock(), {
    mode: "durable",
    flushInterval: 1000,
    tries: TRIES,
    place: path,
    // The journal stays behind, and its last frames may have been damaged.
    epoch: newEpoch(),
  });
  try {
    const state = new PlainState();
    await store.load(state, state);
    await store.compact();
  } finally {
    await store.close();
  }
}

/**
 * Returns the error for a full disk, which SQLite does not always report as
 * such.
 */
async function noRoom(error: unknown, path: string): Promise<unknown> {
  const { message, cause } = error as Error;
  const hasNoRoom = isFull(message) || isFull(String(cause)) ||
    await whyFull(path) !== null;
  const isKnown = error instanceof StoreError &&
    (error.fault === "unwritten" || error.fault === "failing");
  if (!hasNoRoom) {
    if (!isKnown) return error;
    return new StoreError(
      "failing",
      `${path} cannot be compacted, and is unchanged: ${message}`,
      error,
    );
  }
  if (error instanceof StoreError && !isKnown) return error;
  return new StoreError(
    "full",
    `${path} cannot be compacted: the disk is full. Compacting ` +
      "needs free space for twice the live data. Nothing is lost",
    error,
  );
}
