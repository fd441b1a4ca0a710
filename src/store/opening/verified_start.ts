import type { Disk } from "./disk.ts";
import { todoFor } from "../base/open_fault.ts";
import { setAside } from "../copies/set_aside.ts";
import { isCorrupt, StoreError } from "../base/store_error.ts";
import { describeLost, type Verdict } from "../kv/verify_store.ts";

/** Damage of a store whose files look whole. */
export interface Doubt {
  /** The damage found. */
  readonly fault: string;
  /** Whether the store rebuilt from the second copy had damage, too. */
  readonly isInCopies: boolean;
}

/** The settings of a start. */
export interface StartSettings {
  /** The disk of the store. */
  readonly disk: Disk;
  /** The store's file. */
  readonly path: string;
  /** Time for the names of renamed stores, ms since 1970. */
  readonly now: number;
  /** Whether damage that nothing mends is an error. */
  readonly refuse: boolean;
  /** The damage that loading revealed, or null. */
  readonly doubt: Doubt | null;
  /** Whether a second copy is kept from now on. */
  readonly keepsCopies: boolean;
}

/** Verifies the store; returns damage instead of throwing it. */
export async function look(
  { disk, path, doubt }: StartSettings,
): Promise<Verdict | StoreError> {
  if (doubt !== null) return new StoreError("corrupt", doubt.fault);
  try {
    return await disk.verify(path);
  } catch (error) {
    if (isCorrupt(error)) return error;
    throw error;
  }
}

/**
 * Judges the `error` of opening the verified store at `path`. Damage counts
 * only if `verify` finds it, too: a start never renames a store that `verify`
 * finds whole.
 */
export async function confirmed(
  disk: Disk,
  error: unknown,
  path: string,
): Promise<unknown> {
  if (!isCorrupt(error)) return error;
  try {
    await disk.verify(path);
  } catch (found) {
    return found;
  }
  return new StoreError(
    "failing",
    `the store ${path} cannot be opened (${error.message}), although ` +
      `"dunlin store verify" finds nothing wrong with it`,
    error,
    todoFor(""),
  );
}

/** Returns the error for damage where the settings refuse an empty start. */
export function refused(path: string, fault: string): StoreError {
  return new StoreError("corrupt", `the store ${path} is damaged: ${fault}`);
}

/** Describes commits lost in the write-ahead log, or returns null. */
export function lossOf(path: string, { lost = 0 }: Verdict): string | null {
  return lost === 0 ? null : `${describeLost(path, lost)}, so they are lost; ` +
    "the store continues from the commit before them";
}

/**
 * Prepares a store without a second copy for opening: renames a damaged one, so
 * that an empty one takes its place. Returns the text of an alarm, or null.
 *
 * @throws {StoreError} `corrupt` instead, when `refuse` is set.
 */
export async function startOrSetAside(
  settings: StartSettings,
): Promise<string | null> {
  const { disk, path, now, refuse } = settings;
  const verdict = await look(settings);
  if (!(verdict instanceof StoreError)) return lossOf(path, verdict);
  if (refuse) throw refused(path, verdict.message);
  const aside = await setAside(disk.files, path, now);
  return `the store was damaged (${verdict.message}); the broker renamed it to ` +
    `${aside} and started with an empty store`;
}
