import { EMPTY, type Head } from "./blocks.ts";
import { KvBlocks, SCHEMA } from "./kv_blocks.ts";
import { KvFile } from "./kv_file.ts";
import { newer } from "./migration.ts";
import { lastJournaled, rebuild } from "./recovery.ts";
import {
  exists,
  moveCopies,
  moveStore,
  removeStore,
  setAside,
} from "./set_aside.ts";
import { StoreError } from "./store_error.ts";

/** What a store's file turned out to be. */
export interface Verdict {
  /** The schema; 0 when nothing has been stored yet. */
  readonly schema: number;
  /** Where its log stands. */
  readonly head: Head;
}

/**
 * Looks a store's file over: SQLite's own check, the head, the sums of all
 * blocks. A store that is not there is empty.
 *
 * @throws {StoreError} `corrupt` when something is damaged, `newer` when a
 * later version wrote it, `failing` when it cannot be read at all.
 */
export async function verify(path: string): Promise<Verdict> {
  if (!await exists(path)) return { schema: 0, head: EMPTY };
  const file = await KvFile.open(path);
  try {
    file.quickCheck();
    file.hold();
    const { schema } = file;
    if (schema > SCHEMA) throw newer(schema);
    // The first schema had no sums.
    if (schema === SCHEMA) await file.checkBlocks(schema);
    return { schema, head: file.head };
  } finally {
    file.close();
  }
}

/** The same, with what is damaged as a value instead of an error. */
async function look(path: string): Promise<Verdict | StoreError> {
  try {
    return await verify(path);
  } catch (error) {
    if (error instanceof StoreError && error.fault === "corrupt") return error;
    throw error;
  }
}

/**
 * Makes the store at `path` one that can be opened, without a second copy: a
 * damaged one is set aside, and an empty one takes its place. Returns what to
 * tell the operator, or null.
 *
 * @throws {StoreError} `corrupt` instead, when `refuse` is set.
 */
export async function startOrSetAside(
  path: string,
  now: number,
  refuse: boolean,
): Promise<string | null> {
  const verdict = await look(path);
  if (!(verdict instanceof StoreError)) return null;
  if (refuse) {
    throw new StoreError(
      "corrupt",
      `the store ${path} is damaged: ${verdict.message}`,
    );
  }
  const aside = await setAside(path, now);
  await moveCopies(path, aside);
  return `the store was damaged (${verdict.message}); it was set aside as ` +
    `${aside}, and the broker started with nothing stored`;
}

/**
 * The same for a store with a second copy: what is damaged, or lags behind the
 * journals by more than they hold, is set aside and built anew.
 */
export async function startOrRebuild(
  path: string,
  now: number,
): Promise<string | null> {
  const verdict = await look(path);
  const fault = verdict instanceof StoreError ? verdict.message : null;
  const commit = verdict instanceof StoreError ? -1 : verdict.head.commit;
  if (fault === null && await lastJournaled(path) <= commit) return null;
  const fresh = `${path}.rebuilt`;
  await removeStore(fresh);
  const reached = await build(fresh, path);
  if (fault === null && reached <= commit) {
    // The journals belong to something else: the store is the better copy.
    await removeStore(fresh);
    return null;
  }
  const aside = await exists(path) ? await setAside(path, now) : null;
  await moveStore(fresh, path);
  // One commit behind is what a crash leaves, and is nothing to worry about.
  if (fault === null && reached === commit + 1) return null;
  return `the store was ${
    fault === null ? "out of date" : `damaged (${fault})`
  }` +
    (aside === null ? "" : `; it was set aside as ${aside}`) +
    (reached === 0
      ? ", and the broker started with nothing stored: there was no copy"
      : ", and built anew from snapshot and journal");
}

async function build(fresh: string, path: string): Promise<number> {
  const blocks = await KvBlocks.open(await Deno.openKv(fresh));
  try {
    return await rebuild(blocks, path);
  } finally {
    await blocks.close();
  }
}
