import type { Disk } from "./disk.ts";
import { todoFor } from "../base/open_fault.ts";
import { setAside } from "../copies/set_aside.ts";
import { isCorrupt, StoreError } from "../base/store_error.ts";
import { describeLost, type Verdict } from "../kv/verify_store.ts";

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
  /** Whether its second copy is kept from now on. */
  readonly keepsCopies: boolean;
}

/** The same, with what is damaged as a value instead of an error. */
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
 * Judges the `error` that opening the verified store at `path` threw. Damage
 * counts only if `verify` finds it, too: a store that it finds whole is never
 * moved away.
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

/** The error for damage where the settings do not want to start empty. */
export function refused(path: string, fault: string): StoreError {
  return new StoreError("corrupt", `the store ${path} is damaged: ${fault}`);
}

/** Describes commits lost in the write-ahead log, or returns null. */
export function lossOf(path: string, { lost = 0 }: Verdict): string | null {
  return lost === 0 ? null : `${describeLost(path, lost)}, so they are lost; ` +
    "the store continues from the commit before them";
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
  if (!(verdict instanceof StoreError)) return lossOf(path, verdict);
  if (refuse) throw refused(path, verdict.message);
  const aside = await setAside(disk.files, path, now);
  return `the store was damaged (${verdict.message}); the broker renamed it to ` +
    `${aside} and started with an empty store`;
}
