import type { Clock } from "../clock/mod.ts";
import type { Blocks } from "./blocks/blocks.ts";
import type { Disk } from "./opening/disk.ts";
import { FullDiskBlocks } from "./kv/full_disk_blocks.ts";
import { JournaledBlocks } from "./copies/journaled_blocks.ts";
import { LeftCopies } from "./copies/left_copies.ts";
import { LogStore } from "./log/log_store.ts";
import { isOfSystem, openFault } from "./base/open_fault.ts";
import { settle } from "./opening/replace_store.ts";
import {
  complete,
  hasCopies,
  type Recovery,
  startOrRebuild,
} from "./opening/start_from_copies.ts";
import { setAsideBefore } from "./copies/set_aside.ts";
import { Space, whyFull } from "./space/space.ts";
import type { StorageMode, Store } from "./model/store.ts";
import { isCorrupt, StoreError } from "./base/store_error.ts";
import { together } from "./base/together.ts";
import { systemDisk } from "./opening/system_disk.ts";
import {
  confirmed,
  type Doubt,
  startOrSetAside,
  type StartSettings,
} from "./opening/verified_start.ts";
import { WalGuard } from "./space/wal_guard.ts";
import { waitingIn, WriteBudget } from "./space/write_budget.ts";

/** Blocks below which a store asks for space only when it writes. */
const FEW_BLOCKS = 16;

/**
 * The settings of a store. Times and bounds of space may change while the store
 * is open.
 */
export interface StoreSettings {
  /** The durability mode; `memory` has no store. */
  readonly mode: StorageMode;
  /** Path of the store's file; the other files are beside it. */
  readonly path: string;
  /** Time from a change to its commit at most, ms. */
  readonly flushInterval: number;
  /** Bytes from which on the store counts as full; 0 = no bound. */
  readonly maxSize: number;
  /** Free bytes on the disk below which it counts as full; 0 = none. */
  readonly lowSpaceBytes: number;
  /**
   * Free percent of the disk below which it counts as full, 0 to 100; 0 = none.
   */
  readonly lowSpacePercent: number;
  /** In `fault-tolerant`, time from one snapshot to the next, ms. */
  readonly snapshotInterval: number;
  /** The reaction to a damaged store that no copy can mend. */
  readonly onCorruption: "start-empty" | "refuse";
  /** Name of this broker, shown by others that find the store locked. */
  readonly name: string;
  /**
   * In `fault-tolerant`, receives why no snapshot can be made; null once one
   * is. The broker tries again until then.
   */
  readonly snapshotTrouble?: (trouble: string | null) => void;
  /** Time from one scrub to the next, ms; 0 = never. */
  readonly scrubInterval?: number;
  /**
   * Receives the damage found while the store was open; null once all was found
   * whole.
   */
  readonly damage?: (found: string | null) => void;
  /** Receives why the write-ahead log stays long; null once it is short. */
  readonly walTrouble?: (trouble: string | null) => void;
  /** Bytes that may be written in a day; 0 or undefined = no limit. */
  readonly writeBudget?: number;
  /** Receives that a day's bytes exceed that; null once they do not. */
  readonly budgetTrouble?: (trouble: string | null) => void;
}

/**
 * Opens and locks the store of `wanted`: renames or mends a damaged one, and
 * migrates an older schema. `Store.load` reports the alarm. `doubt` is the
 * damage that loading a previously opened store revealed; `disk` has the store.
 *
 * @throws {StoreError} when the store is locked, of a newer schema, damaged and
 * not to be renamed, or unreadable.
 */
export async function openStore(
  wanted: StoreSettings,
  clock: Clock,
  doubt: Doubt | null = null,
  disk: Disk = systemDisk,
): Promise<Store> {
  const { mode } = wanted;
  if (mode === "memory") throw new TypeError("the mode memory has no store");
  const lock = await disk.lock(wanted.path, wanted.name);
  const { path } = lock;
  const settings = located(wanted, path);
  try {
    const before = await setAsideBefore(disk.files, path);
    const settled = await settle(disk.files, path, clock.date());
    const space = new Space(settings, clock, disk.space, disk.files);
    const waiting = waitingIn(mode === "buffered");
    const budget = new WriteBudget(settings, clock, waiting);
    const opening = { disk, settings, clock, space, budget };
    const { blocks, forks, alarm } = await openSound(opening, doubt);
    const wal = new WalGuard({
      size: () => disk.files.size(`${path}-wal`),
      empty: async () => await disk.emptyLog?.(path),
      told: settings.walTrouble,
    }, clock);
    const isSmall = settings.maxSize === 0 &&
      blocks.head.last - blocks.head.first < FEW_BLOCKS &&
      !(blocks instanceof FullDiskBlocks);
    if (!isSmall) await space.look();
    return new LogStore(blocks, clock, {
      mode,
      place: path,
      unwritable: isSmall
        ? undefined
        : await whyFull(path, disk.space) ?? undefined,
      get flushInterval() {
        return settings.flushInterval;
      },
      space: wal.countedIn(space),
      budget,
      release: () => {
        wal.end();
        return lock.release();
      },
      scrub: {
        get scrubInterval() {
          return settings.scrubInterval ?? 0;
        },
        damage: settings.damage,
      },
      alarm: together(settled, alarm, keptDamage(before)),
      epoch: forks || blocks.head.epoch === 0 ? disk.newEpoch() : undefined,
    });
  } catch (error) {
    await lock.release();
    throw await explain(disk, error, path);
  }
}

/** Returns the same settings, which may change, for the store at `path`. */
function located(settings: StoreSettings, path: string): StoreSettings {
  return Object.create(settings, { path: { value: path, enumerable: true } });
}

/**
 * Returns the doubt to open a store with after its loading failed with `error`;
 * `doubt` is that of the failed try. Null when nothing is left to try.
 */
export function nextDoubt(
  doubt: Doubt | null,
  error: unknown,
): Doubt | null {
  if (!isCorrupt(error)) return null;
  const fault = error.message;
  if (doubt === null) return { fault, isInCopies: false };
  // The rebuilt store is damaged as well: the copies cannot help.
  return doubt.isInCopies ? null : { fault, isInCopies: true };
}

/** Opens stores, as this folder does on the disk of the system. */
export interface StoreOpener {
  /** See `openStore`. */
  openStore(
    settings: StoreSettings,
    clock: Clock,
    doubt: Doubt | null,
  ): Promise<Store>;
  /** See `nextDoubt`. */
  readonly nextDoubt: typeof nextDoubt;
}

/** All that opening a store needs. */
interface Opening {
  readonly disk: Disk;
  readonly settings: StoreSettings;
  readonly clock: Clock;
  readonly space: Space;
  readonly budget: WriteBudget;
}

interface Opened {
  readonly blocks: Blocks;
  /** Whether another copy may continue from the same commit. */
  readonly forks: boolean;
  readonly alarm: string | null;
}

/** Only opening reveals some damage; then the store is opened with a doubt. */
async function openSound(
  opening: Opening,
  doubt: Doubt | null,
): Promise<Opened> {
  const { disk, settings, clock } = opening;
  const found = await bringInOrder(disk, settings, clock.date(), doubt);
  try {
    const blocks = await openOrRead(opening, found);
    const { alarm, forks } = found;
    return { blocks, forks: forks || mayFork(settings, blocks), alarm };
  } catch (thrown) {
    const error = await confirmed(disk, thrown, settings.path);
    const next = nextDoubt(doubt, error);
    if (next === null) throw error;
    return await openSound(opening, next);
  }
}

/** A journal left behind may have commits that the store lacks. */
function mayFork({ mode }: StoreSettings, blocks: Blocks): boolean {
  if (mode === "fault-tolerant") return false;
  return !("wasJournaled" in blocks) || blocks.wasJournaled === true;
}

async function bringInOrder(
  disk: Disk,
  { mode, path, onCorruption }: StoreSettings,
  now: number,
  doubt: Doubt | null,
): Promise<Recovery> {
  const start: StartSettings = {
    disk,
    path,
    now,
    refuse: onCorruption === "refuse",
    doubt,
    keepsCopies: mode === "fault-tolerant",
  };
  // A mode without a second copy takes all commits of the copies, too.
  return start.keepsCopies || await hasCopies(disk.files, path)
    ? await startOrRebuild(start)
    : { alarm: await startOrSetAside(start), renewal: null, forks: false };
}

/** Names the damaged stores that earlier starts renamed, or returns null. */
function keptDamage(paths: readonly string[]): string | null {
  if (paths.length === 0) return null;
  const names = paths.slice(0, 3).join(", ");
  const more = paths.length > 3 ? ` and ${paths.length - 3} more` : "";
  return `an earlier start renamed a damaged store to ${names}${more}; ` +
    "recover what you need, then delete its files";
}

/** SQLite does not always report that space is short. */
async function explain(
  disk: Disk,
  thrown: unknown,
  path: string,
): Promise<unknown> {
  const error = isOfSystem(thrown)
    ? openFault(thrown, `the store ${path}`, "opened")
    : thrown;
  if (!(error instanceof StoreError) || error.fault !== "failing") return error;
  const why = await whyFull(path, disk.space);
  if (why === null) return error;
  return new StoreError("full", `${error.message} (${why.message})`, error);
}

/** Opens the blocks; on a full disk for reading, until there is room. */
async function openOrRead(
  opening: Opening,
  found: Recovery,
): Promise<Blocks> {
  const { disk, settings: { path } } = opening;
  const { missing } = found;
  try {
    if (missing) throw missing.error;
    return await openBlocks(opening, found);
  } catch (error) {
    if (isCorrupt(error) || await whyFull(path, disk.space) === null) {
      throw error;
    }
    const read = () => disk.openToRead(path);
    const open = async () => {
      try {
        if (missing) await complete(disk, path);
        return await openBlocks(opening, found);
      } catch (error) {
        throw await explain(disk, error, path);
      }
    };
    return await FullDiskBlocks.open(path, { read, open }, missing?.commits);
  }
}

async function openBlocks(
  { disk, settings, clock, space, budget }: Opening,
  { renewal }: Recovery,
): Promise<Blocks> {
  const { path, snapshotTrouble } = settings;
  const blocks = await disk.openBlocks(path);
  try {
    if (settings.mode !== "fault-tolerant") {
      return await LeftCopies.of(blocks, disk.files, path);
    }
    return await JournaledBlocks.open(blocks, clock, {
      files: disk.files,
      path,
      get snapshotInterval() {
        return settings.snapshotInterval;
      },
      renewal,
      told: snapshotTrouble,
      damage: settings.damage,
      budget,
      space,
    });
  } catch (error) {
    await blocks.close();
    if (error instanceof StoreError) throw error;
    const what = settings.mode === "fault-tolerant"
      ? `the journal of the store ${path} cannot be begun`
      : `the folder of the store ${path} cannot be searched for copies`;
    const { message } = error as Error;
    throw new StoreError("failing", `${what}: ${message}`, error);
  }
}
