import { dirname } from "node:path";
import type { Clock } from "../clock/mod.ts";
import type { Blocks } from "./blocks.ts";
import { JournaledBlocks } from "./journaled_blocks.ts";
import { KvBlocks, SCHEMA_KEY } from "./kv_blocks.ts";
import { StoreLock } from "./lock.ts";
import { LogStore } from "./log_store.ts";
import { MemoryStore } from "./memory_store.ts";
import { migrate } from "./migration.ts";
import { askSystem, Space } from "./space.ts";
import type { StorageMode, Store } from "./store.ts";
import { StoreError } from "./store_error.ts";
import { startOrRebuild, startOrSetAside } from "./verified_start.ts";

/** Free bytes with which a store can be opened. */
const ENOUGH = 256 * 1024;

/** Where and how to store. */
export interface StoreSettings {
  /** What is promised. */
  readonly mode: StorageMode;
  /** The store's file; others are put beside it, named after it. */
  readonly path: string;
  /** At most so long after a change it is written, ms. */
  readonly flushInterval: number;
  /** Bytes from which on the store counts as full; 0 = no bound. */
  readonly maxSize: number;
  /** Free bytes on the disk below which it counts as full; 0 = none. */
  readonly lowSpaceBytes: number;
  /** The same in percent of the disk, 0 to 100; 0 = none. */
  readonly lowSpacePercent: number;
  /** In `fault-tolerant`, ms from one snapshot to the next. */
  readonly snapshotInterval: number;
  /** What to do with a damaged store that no other copy can mend. */
  readonly onCorruption: "start-empty" | "refuse";
  /** Name of this broker, for whoever finds the store locked. */
  readonly name: string;
  /** Is told when a snapshot could not be made; it is tried again. */
  readonly snapshotFailed?: (error: unknown) => void;
}

/**
 * Opens the store of `settings`, locks it, and brings it in order: a damaged
 * one is set aside or mended, an older schema is migrated. What was wrong is
 * told by `Store.load`.
 *
 * @throws {StoreError} when it is locked, of a newer schema, damaged and not to
 * be set aside, or not to be read.
 */
export async function openStore(
  settings: StoreSettings,
  clock: Clock,
): Promise<Store> {
  const { mode, path } = settings;
  if (mode === "memory") return new MemoryStore();
  await makeFolder(dirname(path));
  const lock = await StoreLock.take(path, settings.name);
  try {
    const alarm = mode === "fault-tolerant"
      ? await startOrRebuild(path, clock.now())
      : await startOrSetAside(
        path,
        clock.now(),
        settings.onCorruption === "refuse",
      );
    const space = new Space(settings, clock);
    return new LogStore(await openBlocks(settings, clock), clock, {
      mode,
      flushInterval: settings.flushInterval,
      shortage: (stored) => space.shortage(stored),
      release: () => lock.release(),
      alarm,
    });
  } catch (error) {
    await lock.release();
    throw await explain(error, path);
  }
}

/** SQLite cannot even read without a little space, and does not say so. */
async function explain(error: unknown, path: string): Promise<unknown> {
  if (!(error instanceof StoreError) || error.fault !== "failing") return error;
  const { free } = await askSystem(dirname(path));
  if (free > ENOUGH) return error;
  return new StoreError(
    "failing",
    `${error.message} (the disk is full: ${free} bytes are left)`,
    error,
  );
}

async function openBlocks(
  settings: StoreSettings,
  clock: Clock,
): Promise<Blocks> {
  const { path, snapshotInterval, snapshotFailed } = settings;
  const blocks = await openKvBlocks(path);
  if (settings.mode !== "fault-tolerant") return blocks;
  try {
    return await JournaledBlocks.open(blocks, clock, {
      path,
      snapshotInterval,
      failed: snapshotFailed,
    });
  } catch (error) {
    await blocks.close();
    throw error;
  }
}

/** Opens the file at `path`, which was verified, and migrates it. */
export async function openKvBlocks(path: string): Promise<KvBlocks> {
  let kv: Deno.Kv;
  try {
    await makePrivate(path);
    kv = await Deno.openKv(path);
  } catch (error) {
    throw new StoreError(
      "failing",
      `the store ${path} cannot be opened: ${(error as Error).message}`,
      error,
    );
  }
  try {
    const schema = await kv.get<Uint8Array>(SCHEMA_KEY);
    await migrate(kv, schema.value === null ? 1 : schema.value[0]);
    return await KvBlocks.open(kv);
  } catch (error) {
    kv.close();
    throw error;
  }
}

/**
 * Makes sure that only this user can read the file at `path`; SQLite gives the
 * files beside it the same mode. An empty file is a new store.
 */
async function makePrivate(path: string): Promise<void> {
  if (Deno.build.os === "windows") return;
  const file = await Deno.open(path, {
    read: true,
    write: true,
    create: true,
    mode: 0o600,
  });
  file.close();
  const { mode } = await Deno.stat(path);
  if (mode !== null && (mode & 0o077) !== 0) await Deno.chmod(path, 0o600);
}

async function makeFolder(path: string): Promise<void> {
  try {
    // Others have no business with what clients said.
    await Deno.mkdir(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new StoreError(
      "failing",
      `the folder of the store cannot be made: ${(error as Error).message}`,
      error,
    );
  }
}
