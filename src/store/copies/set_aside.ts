import { allOf, endingsOf, findCopies } from "./copies.ts";
import { exists, type Files } from "../files/files.ts";

/** The files that SQLite keeps beside a database. */
const COMPANIONS = ["-wal", "-shm", "-journal"] as const;

/** Returns all files that SQLite may keep for the store at `path`. */
export function storeFiles(path: string): string[] {
  return ["", ...COMPANIONS].map((part) => path + part);
}

/**
 * Renames the damaged store at `path` and its second copy for inspection: a
 * copy in place would bring back at a later start what is given up now. Returns
 * the new path. `now` is in ms since 1970.
 */
export async function setAside(
  files: Files,
  path: string,
  now: number,
): Promise<string> {
  const aside = await corruptName(files, path, now);
  await moveCopies(files, path, aside);
  await moveDamaged(files, path, aside);
  return aside;
}

/** Returns a free name for a store damaged at `now` (ms since 1970). */
export function corruptName(
  files: Files,
  path: string,
  now: number,
): Promise<string> {
  const time = new Date(now).toISOString().replace(/\.\d+Z$/, "Z")
    .replaceAll(":", "");
  return freeName(files, path, `corrupt-${time}`);
}

/** Returns a free name for the store at `path` that ends in `mark`. */
async function freeName(
  files: Files,
  path: string,
  mark: string,
): Promise<string> {
  for (let count = 1;; count++) {
    const name = `${path}.${mark}${count === 1 ? "" : `-${count}`}`;
    if (await exists(files, name)) continue;
    if (allOf(await findCopies(files, name)).length === 0) return name;
  }
}

/**
 * Renames the store `path`, which is whole, and its second copy to a name that
 * ends in `mark`. Returns the name, or null without a store. After an
 * interruption another call chooses the same name: the file itself goes last
 * and decides.
 */
export async function moveAway(
  files: Files,
  path: string,
  mark: string,
): Promise<string | null> {
  let to = `${path}.${mark}`;
  for (let count = 2; await exists(files, to); count++) {
    to = `${path}.${mark}-${count}`;
  }
  let isAny = allOf(await findCopies(files, path)).length > 0;
  await moveCopies(files, path, to);
  for (const part of [...COMPANIONS, ""]) {
    if (!await exists(files, path + part)) continue;
    await files.rename(path + part, to + part);
    isAny = true;
  }
  await files.syncFolder(path);
  return isAny ? to : null;
}

/** Renames the second copy of the store `from` as one of `to`. */
async function moveCopies(
  files: Files,
  from: string,
  to: string,
): Promise<void> {
  for (const { path } of allOf(await findCopies(files, from))) {
    await files.rename(path, to + path.slice(from.length));
  }
}

/**
 * Renames a damaged store that is open nowhere. The file goes first: without
 * its write-ahead log it could pass for a whole store of an earlier time.
 */
export async function moveDamaged(
  files: Files,
  from: string,
  to: string,
): Promise<void> {
  for (const part of ["", ...COMPANIONS]) {
    if (await exists(files, from + part)) {
      await files.rename(from + part, to + part);
    }
  }
  await files.syncFolder(from);
}

/** The companions whose pages SQLite would apply to a new file at the path. */
const LOGS = ["-wal", "-journal"] as const;

/**
 * Renames the logs that an interrupted rename left at `path`: they must not
 * become part of a new store. Returns the path of the renamed store, or null
 * without such a log.
 */
export async function moveStray(
  files: Files,
  path: string,
  now: number,
): Promise<string | null> {
  if (await exists(files, path) || !await hasLog(files, path)) return null;
  const last = await lastSetAside(files, path);
  const to = last === null || await hasLog(files, last)
    ? await corruptName(files, path, now)
    : last;
  await moveDamaged(files, path, to);
  return to;
}

async function hasLog(files: Files, path: string): Promise<boolean> {
  for (const part of LOGS) {
    if (await exists(files, path + part)) return true;
  }
  return false;
}

/** Returns the damaged store that was renamed last, or null. */
async function lastSetAside(
  files: Files,
  path: string,
): Promise<string | null> {
  let last: string | null = null;
  for (const aside of await setAsideBefore(files, path)) {
    if (await exists(files, aside)) last = aside;
  }
  return last;
}

/**
 * Returns the damaged stores that starts have renamed beside the store at
 * `path`, the oldest first. Some may consist of copies only, or of a
 * write-ahead log.
 */
export async function setAsideBefore(
  files: Files,
  path: string,
): Promise<string[]> {
  const names = new Set<string>();
  for (const ending of await endingsOf(files, path)) {
    const mark = /^\.corrupt-[\dT-]+Z(-\d+)?(?=$|[.-])/.exec(ending);
    if (mark !== null) names.add(path + mark[0]);
  }
  return [...names].sort();
}

/** Removes a store that is open nowhere, if there is one. */
export async function removeStore(files: Files, path: string): Promise<void> {
  for (const part of [...COMPANIONS, ""]) await files.remove(path + part);
}
