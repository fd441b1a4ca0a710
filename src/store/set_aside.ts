import { basename, dirname } from "node:path";
import { allOf, findCopies } from "./copies.ts";
import { exists, removeFile } from "./files.ts";
import { syncFolder } from "./sync_folder.ts";

/** What belongs to a file of SQLite beside the file itself. */
const COMPANIONS = ["-wal", "-shm", "-journal"] as const;

/** All files that SQLite may keep for the store at `path`. */
export function storeFiles(path: string): string[] {
  return ["", ...COMPANIONS].map((part) => path + part);
}

/**
 * Renames the damaged store at `path` and its second copy, so that they can be
 * looked into; the copy would bring back at some later start what is given up
 * now. Returns the new path. `now` is in ms since 1970.
 */
export async function setAside(path: string, now: number): Promise<string> {
  const aside = await corruptName(path, now);
  await moveCopies(path, aside);
  await moveDamaged(path, aside);
  return aside;
}

/** The free name that a store damaged at `now` (ms since 1970) is given. */
export function corruptName(path: string, now: number): Promise<string> {
  const time = new Date(now).toISOString().replace(/\.\d+Z$/, "Z")
    .replaceAll(":", "");
  return freeName(path, `corrupt-${time}`);
}

/** A name for the store at `path` that ends in `mark` and that nothing has. */
async function freeName(path: string, mark: string): Promise<string> {
  for (let count = 1;; count++) {
    const name = `${path}.${mark}${count === 1 ? "" : `-${count}`}`;
    if (await exists(name)) continue;
    if (allOf(await findCopies(name)).length === 0) return name;
  }
}

/**
 * Renames the store `path`, which is whole, and its second copy to a name that
 * ends in `mark`; returns it, or null when there was neither. Stopped half
 * way, it ends up at the same name when it is called again: what decides is
 * the file itself, which goes last.
 */
export async function moveAway(
  path: string,
  mark: string,
): Promise<string | null> {
  let to = `${path}.${mark}`;
  for (let count = 2; await exists(to); count++) {
    to = `${path}.${mark}-${count}`;
  }
  let isAny = allOf(await findCopies(path)).length > 0;
  await moveCopies(path, to);
  for (const part of [...COMPANIONS, ""]) {
    if (!await exists(path + part)) continue;
    await Deno.rename(path + part, to + part);
    isAny = true;
  }
  await syncFolder(path);
  return isAny ? to : null;
}

/** Renames the second copy of the store `from` as one of `to`. */
async function moveCopies(from: string, to: string): Promise<void> {
  for (const { path } of allOf(await findCopies(from))) {
    await Deno.rename(path, to + path.slice(from.length));
  }
}

/**
 * Renames a damaged store that nobody has open. The file goes first: without
 * its write-ahead log it might look like a whole store of an earlier time.
 */
export async function moveDamaged(from: string, to: string): Promise<void> {
  for (const part of ["", ...COMPANIONS]) {
    if (await exists(from + part)) await Deno.rename(from + part, to + part);
  }
  await syncFolder(from);
}

/**
 * Renames the write-ahead log that was left at `path` when moving the store
 * was interrupted: it must not become part of a new one. Returns where the
 * store is, or null when there was nothing left.
 */
export async function moveStray(
  path: string,
  now: number,
): Promise<string | null> {
  if (await exists(path) || !await exists(`${path}-wal`)) return null;
  const last = await lastSetAside(path);
  const to = last === null || await exists(`${last}-wal`)
    ? await corruptName(path, now)
    : last;
  await moveDamaged(path, to);
  return to;
}

/** The store that was set aside last, if there is one. */
async function lastSetAside(path: string): Promise<string | null> {
  const folder = dirname(path);
  const start = `${basename(path)}.corrupt-`;
  let last: string | null = null;
  for await (const { name } of Deno.readDir(folder)) {
    if (!name.startsWith(start) || !/Z(-\d+)?$/.test(name)) continue;
    if (last === null || name > last) last = name;
  }
  return last === null ? null : `${folder}/${last}`;
}

/** Removes a store that nobody has open, if there is one. */
export async function removeStore(path: string): Promise<void> {
  for (const part of [...COMPANIONS, ""]) await removeFile(path + part);
}
