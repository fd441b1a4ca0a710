import { basename, dirname } from "node:path";
import type { Files } from "../files/files.ts";

/** A snapshot or journal beside a store. */
export interface Copy {
  readonly path: string;
  /** A snapshot has all up to this commit, a journal the commits after it. */
  readonly commit: number;
}

/** The second copy of a store: snapshots, and journals from these on. */
export interface Copies {
  /** The newest first. */
  readonly snapshots: readonly Copy[];
  /** The oldest first. */
  readonly journals: readonly Copy[];
}

/** A second copy that must be made at once. */
export interface Renewal {
  /**
   * The present copies are then renamed as those of this store; null = removed.
   */
  readonly aside: string | null;
}

/** Returns the path of the snapshot of `commit`. */
export function snapshotPath(store: string, commit: number): string {
  return `${store}.snapshot-${commit}`;
}

/** Returns the path of the journal of the commits after `commit`. */
export function journalPath(store: string, commit: number): string {
  return `${store}.journal-${commit}`;
}

/** Returns the path of a store that is being rebuilt. */
export function rebuiltPath(store: string): string {
  return `${store}.rebuilt`;
}

/** Returns its path from its completion until it replaces the damaged store. */
export function completePath(store: string): string {
  return `${rebuiltPath(store)}-complete`;
}

/** Returns snapshots and journals, in no order. */
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

/** Removes or renames the copies of the store except those in `own`. */
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

/** Removes snapshots of the store that were never completed. */
export async function removeUnfinished(
  files: Files,
  store: string,
): Promise<void> {
  for (const ending of await endingsOf(files, store)) {
    if (!/^\.snapshot-\d+\.partial$/.test(ending)) continue;
    await files.remove(store + ending);
  }
}
