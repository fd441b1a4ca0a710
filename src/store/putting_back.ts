import { removeUnfinished } from "./copies.ts";
import { copyStore } from "./copy_store.ts";
import { exists } from "./files.ts";
import { rebuiltPath } from "./recovered_start.ts";
import { moveAway, moveStray, removeStore } from "./set_aside.ts";
import { syncFolder } from "./sync_folder.ts";

/** What a store that makes room for a backup is called from then on. */
const REPLACED = "replaced";

/**
 * Puts the backup `file` in place of the store at `path`, which must be locked
 * and open nowhere. Returns where the one before is, with its copies, or null.
 *
 * The backup is copied beside it first, and the copy verified. From when that
 * copy has its name the store counts as replaced: what is interrupted then is
 * finished by `settle`.
 *
 * @throws {StoreError} as `copyStore` does; the store is then as it was.
 */
export async function putBack(
  file: string,
  path: string,
): Promise<string | null> {
  const partial = `${restoringPath(path)}.partial`;
  await copyStore(file, partial, { alone: true });
  await Deno.rename(partial, restoringPath(path));
  await syncFolder(path);
  return await replace(path);
}

/**
 * Finishes or undoes what was interrupted at the store `path`, which must be
 * locked and open nowhere: a backup that was put back, a store that was set
 * aside, one that was built, a snapshot. Returns what to tell the operator, or
 * null.
 */
export async function settle(
  path: string,
  now: number,
): Promise<string | null> {
  await removeStore(`${restoringPath(path)}.partial`);
  await removeStore(rebuiltPath(path));
  await removeUnfinished(path);
  if (await exists(restoringPath(path))) {
    const kept = await replace(path);
    return "putting back a backup had been interrupted, and was finished" +
      (kept === null ? "" : `; the store before is kept as ${kept}`);
  }
  const aside = await moveStray(path, now);
  return aside === null
    ? null
    : `setting the store aside had been interrupted, and was finished: it ` +
      `is ${aside}`;
}

function restoringPath(path: string): string {
  return `${path}.restoring`;
}

async function replace(path: string): Promise<string | null> {
  const kept = await moveAway(path, REPLACED);
  await Deno.rename(restoringPath(path), path);
  await syncFolder(path);
  return kept;
}
