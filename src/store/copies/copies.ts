import { basename, dirname } from "node:path";
import type { Files } from "../base/files.ts";

/** A file beside a store. */
export interface Copy {
  readonly path: string;
  /** A snapshot holds all up to this commit, a journal what comes after it. */
  readonly commit: number;
}

/** The second copy of a store: snapshots, and journals from these on. */
export interface Copies {
  /** The newest first. */
  readonly snapshots: readonly Copy[];
  /** The oldest first. */
  readonly journals: readonly Copy[];
}

/** A second copy that has to be made anew, at once. */
export interface Renewal {
  /**
   * Copies that are there are then renamed as those of this store; null =
   * they are removed.
   */
  readonly aside: string | null;
}

/** Where the snapshot of `commit` is. */
export function snapshotPath(store: string, commit: number): string {
  return `${store}.snapshot-${commit}`;
}

/** Where the journal of what came after `commit` is. */
export function journalPath(store: string, commit: number): string {
  return `${store}.journal-${commit}`;
}

/** Returns where a store is built anew, until it is complete. */
export function rebuiltPath(store: string): string {
  return `${store}.rebuilt`;
}

/** Returns where it is from then on, until it has the place of the store. */
export function completePath(store: string): string {
  return `${rebuiltPath(store)}-complete`;
}

/** All of them, in no order. */
export function allOf({ snapshots, journals }: Copies): readonly Copy[] {
  return [...snapshots, ...journals];
}

/**
 * Returns the names beside the store at `store` that begin with its own and a
 * dot, without its own, in no order.
 */
export async function endingsOf(
  files: Files,
  store: string,
): Promise<string[]> {
  const name = basename(store);
  const names = await files.list(dirname(store));
  return names.filter((found) => found.startsWith(`${name}.`))
    .map((found) => found.slice(name.length));
}

/** Finds the snapshots and journals of the store at `store`. */
export async function findCopies(
  files: Files,
  store: string,
): Promise<Copies> {
  const snapshots: Copy[] = [];
  const journals: Copy[] = [];
  for (const ending of await endingsOf(files, store)) {
    const match = /^\.(snapshot|journal)-(\d+)$/.exec(ending);
    if (match === null) continue;
    const copy = { path: store + ending, commit: Number(match[2]) };
    (match[1] === "snapshot" ? snapshots : journals).push(copy);
  }
  snapshots.sort((a, b) => b.commit - a.commit);
  journals.sort((a, b) => a.commit - b.commit);
  return { snapshots, journals };
}

/**
 * Removes snapshots but the two newest, and journals that end before the older
 * one. A journal ends where the next one begins.
 */
export async function removeOldCopies(
  files: Files,
  store: string,
): Promise<void> {
  const { snapshots, journals } = await findCopies(files, store);
  if (snapshots.length < 2) return;
  const oldest = snapshots[1].commit;
  for (const { path } of snapshots.slice(2)) await files.remove(path);
  const needed = journals.findLastIndex(({ commit }) => commit <= oldest);
  for (const { path } of journals.slice(0, Math.max(0, needed))) {
    await files.remove(path);
  }
}

/** Removes the copies of the store but those in `own`, or sets them aside. */
export async function endCopies(
  files: Files,
  store: string,
  { aside }: Renewal,
  own: ReadonlySet<string>,
): Promise<void> {
  for (const { path } of allOf(await findCopies(files, store))) {
    if (own.has(path)) continue;
    if (aside === null) await files.remove(path);
    else await files.rename(path, aside + path.slice(store.length));
  }
}

/** Removes snapshots of the store that were never finished. */
export async function removeUnfinished(
  files: Files,
  store: string,
): Promise<void> {
  for (const ending of await endingsOf(files, store)) {
    if (!/^\.snapshot-\d+\.partial$/.test(ending)) continue;
    await files.remove(store + ending);
  }
}
