import { realStorePath } from "../files/real_path.ts";
import { catchUp, follow } from "../copies/recovery.ts";
import { findCopies } from "../copies/copies.ts";
import { KvFile } from "../kv/kv_file.ts";
import { isFull } from "../base/open_fault.ts";
import { openKvBlocks } from "../kv/open_kv.ts";
import { removeStore } from "../copies/set_aside.ts";
import { makeSingle } from "../kv/single_file.ts";
import { whyFull } from "../space/space.ts";
import { StoreError } from "../base/store_error.ts";
import { systemFiles } from "../files/system_files.ts";
import {
  damaged,
  type Verdict,
  verify,
  verifyStore,
} from "../kv/verify_store.ts";

/** The options of a copy. */
export interface CopyOptions {
  /** Whether the copy loses the mark of a second copy. */
  readonly alone: boolean;
}

/**
 * Copies the present state of the store `from` to the one file `to`, for this
 * user only; a broker may use `from` meanwhile. The copy includes the
 * write-ahead log and the commits in the journals of `from`. It is verified and
 * on disk when this resolves. A leftover at `to` is removed first.
 *
 * @throws {StoreError} `corrupt` or `newer` for `from`, `full`, or `failing`.
 * Then `to` does not exist.
 */
export async function copyStore(
  from: string,
  to: string,
  options: CopyOptions,
): Promise<void> {
  try {
    await removeStore(systemFiles, to);
    // SQLite writes into an empty file and keeps its mode.
    const mode = 0o600;
    (await Deno.open(to, { write: true, createNew: true, mode })).close();
    await write(from, to);
    await catchUpCopy(from, to);
    await makeSingle(to, options.alone);
    // SQLite does not sync the copy.
    const file = await Deno.open(to, { read: true, write: true });
    await file.sync().finally(() => file.close());
    await systemFiles.syncFolder(to);
    await verify(to);
  } catch (error) {
    const reason = await reasonOf(error as Error, from, to);
    await removeStore(systemFiles, to).catch(() => {});
    throw reason;
  }
}

/** Copies one state of the store, also while a broker writes. */
async function write(from: string, to: string): Promise<void> {
  const store = await KvFile.open(from);
  try {
    store.copyTo(to);
  } finally {
    store.close();
  }
}

/**
 * Adds the commits that only the journals of `from` have. A broker may remove a
 * journal meanwhile: without its commits, the copy is a state of the store, too.
 */
async function catchUpCopy(from: string, to: string): Promise<void> {
  const { head } = await verify(to);
  try {
    if (!await isBehind(from, { head })) return;
    const blocks = await openKvBlocks(to);
    try {
      blocks.isJournaled = true;
      await catchUp(systemFiles, blocks, await realStorePath(from));
    } finally {
      await blocks.close();
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

async function isBehind(
  from: string,
  { head }: Pick<Verdict, "head">,
): Promise<boolean> {
  const store = await realStorePath(from);
  const { journals } = await findCopies(systemFiles, store);
  return (await follow(systemFiles, journals, head)).commit > head.commit;
}

/**
 * Returns the error for a failed copy: damage of the store, a full disk, or the
 * failure.
 */
async function reasonOf(
  error: Error,
  from: string,
  to: string,
): Promise<unknown> {
  const isKnown = error instanceof StoreError && error.fault !== "failing";
  // Damage of the copy is damage of its source.
  if (isKnown) return damaged(error, from);
  const { message } = error;
  if (await whyFull(to) !== null || isFull(message)) {
    return new StoreError(
      "full",
      `the disk has no room for the copy ${to}`,
      error,
    );
  }
  try {
    await verifyStore(from);
  } catch (damage) {
    return damage;
  }
  return new StoreError(
    "failing",
    `${from} cannot be copied to ${to}: ${message}`,
    error,
  );
}
