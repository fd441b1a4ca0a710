import { EMPTY, type Head } from "./blocks.ts";
import type { Disk } from "./disk.ts";
import { exists } from "./files.ts";
import { SCHEMA } from "./kv_blocks.ts";
import { KvFile } from "./kv_file.ts";
import { newer } from "./migration.ts";
import { setAside } from "./set_aside.ts";
import { StoreError } from "./store_error.ts";
import { systemFiles } from "./system_files.ts";

/** What a store's file turned out to be. */
export interface Verdict {
  /** The schema; 0 when nothing has been stored yet. */
  readonly schema: number;
  /** Where its log stands. */
  readonly head: Head;
  /** Whether a journal has all that was committed of late. */
  readonly isJournaled: boolean;
}

/** What is known of a store although its files look whole. */
export interface Doubt {
  /** What was found, as of now. */
  readonly fault: string;
  /** Whether what was built from the second copy was no better. */
  readonly isInCopies: boolean;
}

/** What a start works with. */
export interface StartSettings {
  /** Where the store is. */
  readonly disk: Disk;
  /** The store's file. */
  readonly path: string;
  /** ms since 1970; names what is set aside. */
  readonly now: number;
  /** Whether damage that nothing mends is an error. */
  readonly refuse: boolean;
  /** What loading it brought to light, or null. */
  readonly doubt: Doubt | null;
}

/**
 * Looks a store's file over: SQLite's own check, the head, the sums of all
 * blocks. A store that is not there is empty.
 *
 * @throws {StoreError} `corrupt` when something is damaged, `newer` when a
 * later version wrote it, `failing` when it cannot be read at all.
 */
export async function verify(path: string): Promise<Verdict> {
  if (!await exists(systemFiles, path)) {
    return { schema: 0, head: EMPTY, isJournaled: false };
  }
  const file = await KvFile.open(path);
  try {
    file.check();
    file.hold();
    const { schema } = file;
    if (schema > SCHEMA) throw newer(schema);
    // The first schema had no sums.
    if (schema === SCHEMA) await file.checkBlocks(schema);
    return { schema, head: file.head, isJournaled: file.isJournaled };
  } finally {
    file.close();
  }
}

/** The same, with what is damaged as a value instead of an error. */
export async function look(
  { disk, path, doubt }: StartSettings,
): Promise<Verdict | StoreError> {
  if (doubt !== null) return new StoreError("corrupt", doubt.fault);
  try {
    return await disk.verify(path);
  } catch (error) {
    if (error instanceof StoreError && error.fault === "corrupt") return error;
    throw error;
  }
}

/** The error for damage where the settings do not want to start empty. */
export function refused(path: string, fault: string): StoreError {
  return new StoreError("corrupt", `the store ${path} is damaged: ${fault}`);
}

/**
 * Makes the store one that can be opened, without a second copy: a damaged one
 * is set aside, and an empty one takes its place. Returns what to tell the
 * operator, or null.
 *
 * @throws {StoreError} `corrupt` instead, when `refuse` is set.
 */
export async function startOrSetAside(
  settings: StartSettings,
): Promise<string | null> {
  const { disk, path, now, refuse } = settings;
  const verdict = await look(settings);
  if (!(verdict instanceof StoreError)) return null;
  if (refuse) throw refused(path, verdict.message);
  const aside = await setAside(disk.files, path, now);
  return `the store was damaged (${verdict.message}); it was set aside as ` +
    `${aside}, and the broker started with nothing stored`;
}
