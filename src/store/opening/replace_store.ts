import {
  completePath,
  rebuiltPath,
  removeUnfinished,
} from "../copies/copies.ts";
import { copyStore } from "./copy_store.ts";
import { exists, type Files } from "../files/files.ts";
import { moveAway, moveStray, removeStore } from "../copies/set_aside.ts";
import { systemFiles } from "../files/system_files.ts";

/** Ending of the name of a store that a backup replaces. */
const REPLACED = "replaced";

/**
 * Puts the backup `file` in place of the store at `path`, which must be locked
 * and open nowhere. Returns the new path of the previous store and its copies,
 * or null.
 *
 * The backup is copied beside the store first, and the copy verified. Once that
 * copy has its name, `settle` finishes an interrupted replacement.
 *
 * @throws {StoreError} as `copyStore` does; the store is then unchanged.
 */
export async function putBack(
  file: string,
  path: string,
): Promise<string | null> {
  const files = systemFiles;
  const partial = `${restoringPath(path)}.partial`;
  await copyStore(file, partial, { alone: true });
  await files.rename(partial, restoringPath(path));
  await files.syncFolder(path);
  return await replace(files, path);
}

/**
 * Finishes or undoes what was interrupted at the store `path`, which must be
 * locked and open nowhere: the restoring of a backup, the renaming of a damaged
 * store, a rebuild, a snapshot. Returns the text of an alarm, or null.
 */
export async function settle(
  files: Files,
  path: string,
  now: number,
): Promise<string | null> {
  await removeStore(files, `${restoringPath(path)}.partial`);
  await removeStore(files, rebuiltPath(path));
  await removeUnfinished(files, path);
  if (await exists(files, restoringPath(path))) {
    const kept = await replace(files, path);
    return "dunlin store restore was interrupted; this start finished it" +
      (kept === null ? "" : `, and the previous store is now ${kept}`);
  }
  const isRebuilt = await exists(files, completePath(path));
  if (isRebuilt && await exists(files, path)) {
    // Nothing was moved yet: this start judges the store again, with all
    // copies.
    await removeStore(files, completePath(path));
    return null;
  }
  const aside = await moveStray(files, path, now);
  if (isRebuilt) {
    await files.rename(completePath(path), path);
    await files.syncFolder(path);
    return "an earlier start was interrupted while it replaced a damaged " +
      "store by one rebuilt from its second copy; this start finished it";
  }
  return aside === null
    ? null
    : "an earlier start was interrupted while it renamed a damaged store; " +
      `this start finished it, and the store is now ${aside}`;
}

function restoringPath(path: string): string {
  return `${path}.restoring`;
}

async function replace(
  files: Files,
  path: string,
): Promise<string | null> {
  const kept = await moveAway(files, path, REPLACED);
  await files.rename(restoringPath(path), path);
  await files.syncFolder(path);
  return kept;
}
