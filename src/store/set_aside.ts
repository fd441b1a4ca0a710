import { findCopies } from "./copies.ts";

/** What belongs to a file of SQLite. */
const PARTS = ["", "-wal", "-shm"] as const;

/**
 * Renames the damaged store at `path`, so that it can be looked into, and
 * returns its new path. `now` is in ms since 1970.
 */
export async function setAside(path: string, now: number): Promise<string> {
  const time = new Date(now).toISOString().replace(/\.\d+Z$/, "Z")
    .replaceAll(":", "");
  return await moveAway(path, `corrupt-${time}`);
}

/** Renames the store at `path` to a free name that ends in `mark`. */
export async function moveAway(path: string, mark: string): Promise<string> {
  let to = `${path}.${mark}`;
  for (let count = 2; await exists(to); count++) {
    to = `${path}.${mark}-${count}`;
  }
  await moveStore(path, to);
  return to;
}

/**
 * Renames the second copy of the store `from` as one of `to`: it would bring
 * back at some later start what has been given up now.
 */
export async function moveCopies(from: string, to: string): Promise<void> {
  const { snapshots, journals } = await findCopies(from);
  for (const { path } of [...snapshots, ...journals]) {
    await Deno.rename(path, to + path.slice(from.length));
  }
}

/** Renames a store that nobody has open. */
export async function moveStore(from: string, to: string): Promise<void> {
  for (const part of PARTS) {
    if (await exists(from + part)) await Deno.rename(from + part, to + part);
  }
}

/** Removes a store that nobody has open, if there is one. */
export async function removeStore(path: string): Promise<void> {
  for (const part of PARTS) {
    if (await exists(path + part)) await Deno.remove(path + part);
  }
}

/** Whether there is a file at `path`. */
export async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
