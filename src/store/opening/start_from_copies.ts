import { type Commit, type Head, sameHead } from "../blocks/blocks.ts";
import {
  allOf,
  type Copies,
  findCopies,
  type Renewal,
} from "../copies/copies.ts";
import type { Disk } from "./disk.ts";
import { exists, type Files } from "../files/files.ts";
import {
  catchUp,
  follow,
  type JournalSights,
  latestLine,
  type Line,
  linesOf,
} from "../copies/recovery.ts";
import { type Gap, readJournal } from "../copies/journal_reader.ts";
import { SCHEMA } from "../base/schema.ts";
import { together } from "../base/together.ts";
import { openFault } from "../base/open_fault.ts";
import { isCorrupt, StoreError } from "../base/store_error.ts";
import {
  confirmed,
  look,
  lossOf,
  type StartSettings,
} from "./verified_start.ts";
import type { Verdict } from "../kv/verify_store.ts";

/** The result of recovering a store with a second copy. */
export interface Recovery {
  /** The text of an alarm, or null. */
  readonly alarm: string | null;
  /** Set when the copies do not lead to the head of the store. */
  readonly renewal: Renewal | null;
  /**
   * Commits of the journals that could not be written to the store, or null.
   */
  readonly missing?: Missing | null;
  /** Whether copies may have commits that the store cannot get. */
  readonly forks: boolean;
}

/** Commits that the store lacks. */
export interface Missing {
  /** The commits in their order; the first continues from the store's head. */
  readonly commits: readonly Commit[];
  /** Why the commits cannot be written. */
  readonly error: StoreError;
}

const FINE: Recovery = { alarm: null, renewal: null, forks: false };

/**
 * Prepares a store that has, or had, a second copy for opening. A whole store
 * behind its journal gets the missing commits; a damaged one is renamed and
 * rebuilt.
 *
 * @throws {StoreError} `corrupt` when nothing mends it and `refuse` is set,
 * `newer` or `failing`.
 */
export async function startOrRebuild(
  settings: StartSettings,
): Promise<Recovery> {
  const { path } = settings;
  const { files } = settings.disk;
  const copies = await findCopies(files, path);
  if (settings.doubt === null && !await exists(files, path)) {
    if (!await areAny(files, copies)) return FINE;
    return await build(settings, copies, "missing");
  }
  const verdict = await lookAndCheck(settings, copies);
  return verdict instanceof StoreError
    ? await build(settings, copies, `damaged (${verdict.message})`)
    : verdict;
}

/**
 * Writes the journals' commits beyond `head` again: a killed process may have
 * left them in the system's caches alone. A sync does not suffice: after a
 * failed one the system may count such pages as written. The store gets these
 * commits next, so no journal may lose them.
 */
async function writeBeyond(
  files: Files,
  { journals }: Copies,
  head: Head,
): Promise<void> {
  for (const { path } of journals) {
    const from = await beginningBeyond(files, path, head);
    if (from === null) continue;
    try {
      await files.writeAgain(path, from);
    } catch (error) {
      throw openFault(error, `the journal ${path}`, "synced");
    }
  }
}

/**
 * Returns the offset from which on the journal at `path` has commits after
 * `head`, or null. The offset is 0 where all its commits are: the beginning of
 * the file may be in caches alone, too.
 */
async function beginningBeyond(
  files: Files,
  path: string,
  head: Head,
): Promise<number | null> {
  let from = 0;
  let isNext = false;
  let isAny = false;
  for await (const { at, head: { commit } } of readJournal(files, path)) {
    if (isNext) from = at;
    // A part of a long commit has the number 0.
    isNext = commit > 0 && commit <= head.commit;
    isAny ||= commit > head.commit;
  }
  return isAny ? from : null;
}

/** Only adding missing commits reveals some damage. */
async function lookAndCheck(
  settings: StartSettings,
  copies: Copies,
): Promise<Recovery | StoreError> {
  const verdict = await look(settings);
  if (verdict instanceof StoreError) return verdict;
  try {
    return await check(settings, copies, verdict);
  } catch (thrown) {
    const error = await confirmed(settings.disk, thrown, settings.path);
    if (isCorrupt(error)) return error;
    throw error;
  }
}

/** Judges a whole store: do the copies lead to its head, or beyond? */
async function check(
  settings: StartSettings,
  copies: Copies,
  verdict: Verdict,
): Promise<Recovery> {
  const { head } = verdict;
  const { files } = settings.disk;
  // The store was written without the copies, and has all their commits.
  if (!settings.keepsCopies && !verdict.isJournaled) {
    return { ...FINE, alarm: lossOf(settings.path, verdict) };
  }
  const seen = new Sights();
  const ahead = await follow(files, copies.journals, head, undefined, seen);
  // Frames behind a gap may be of commits that this store lacks.
  const forks = seen.isBroken;
  const line = await lineTo(files, copies, ahead);
  const lost = ahead.commit - head.commit;
  // An empty line leads to an empty store: that proves nothing about the
  // copies.
  if (line === null || head.commit === 0 && lost === 0) {
    const latest = await latestLine(files, copies);
    if (isBeyond(latest.reach, { ...verdict, head: ahead })) {
      return await build(settings, copies, "older than its second copy");
    }
  }
  const missing = lost > 0 ? await lacking(settings, copies, head) : null;
  // A crash between journal and store costs one commit that nothing
  // acknowledged.
  const told = lost > 1
    ? [`the store lacked its last ${lost} commits; the journal had them`]
    : [];
  const gone = lost === 0 ? lossOf(settings.path, verdict) : null;
  if (gone !== null) told.push(gone);
  const beyond = seen.beyond(ahead);
  if (beyond !== null) told.push(beyond);
  if (!settings.keepsCopies) {
    return { alarm: together(...told), renewal: null, missing, forks };
  }
  if (verdict.schema > 0 && verdict.schema < SCHEMA) {
    // The copies have the older schema, too, and are replaced.
    const renewal = { aside: null };
    return { alarm: together(...told), renewal, missing, forks };
  }
  const isNewest = line?.snapshot === (copies.snapshots[0] ?? null);
  if (line !== null && isNewest && seen.damaged.size === 0) {
    return { alarm: together(...told), renewal: null, missing, forks };
  }
  // A store that ran without a journal leaves its copies behind.
  if (verdict.isJournaled || line !== null) {
    told.push(
      "the second copy of the store was damaged or incomplete; the store " +
        "itself is whole, and the broker makes a new copy",
    );
  }
  return {
    alarm: together(...told),
    renewal: { aside: null },
    missing,
    forks: forks || allOf(copies).length > 0,
  };
}

/** Findings in the journals, beside the commits that the store takes. */
class Sights implements JournalSights {
  /** Whether a part of any journal is damaged, at its end or before. */
  isBroken = false;
  /** Journals with whole frames behind damage. */
  readonly damaged = new Set<string>();
  /** The last commit behind damage, by epoch. */
  readonly #last = new Map<number, number>();

  gap(path: string, { isEnd }: Gap): void {
    this.isBroken = true;
    if (!isEnd) this.damaged.add(path);
  }

  commit({ epoch, commit }: Head): void {
    if (this.damaged.size === 0) return;
    this.#last.set(epoch, Math.max(commit, this.#last.get(epoch) ?? 0));
  }

  /** Describes commits after `reach`, or returns null. */
  beyond({ epoch, commit }: Head): string | null {
    const last = this.#last.get(epoch) ?? 0;
    if (last <= commit) return null;
    const paths = [...this.damaged].join(", ");
    return `the journal is damaged in its middle (${paths}): commits ` +
      `${commit + 1} to ${last} are lost`;
  }
}

/** Returns the first line that ends at `head`, or null. */
async function lineTo(
  files: Files,
  copies: Copies,
  head: Head,
): Promise<Line | null> {
  for await (const line of linesOf(files, copies)) {
    if (sameHead(line.reach, head)) return line;
  }
  return null;
}

/**
 * Returns whether copies that do not continue the store have later commits. In
 * the same epoch the number decides. In another epoch it decides only for a
 * store whose commits all went to a journal: a store without a journal leaves
 * its copies behind. Time does not decide: clocks are set back.
 */
function isBeyond(reach: Head, { head, isJournaled }: Verdict): boolean {
  // An empty store has no epoch; one that lost its first commits looks the
  // same.
  const isKnown = isJournaled || head.commit === 0 ||
    (head.epoch !== 0 && head.epoch === reach.epoch);
  return isKnown && reach.commit > head.commit;
}

/**
 * Returns whether the store at `path` has a snapshot or journal with content.
 */
export async function hasCopies(files: Files, path: string): Promise<boolean> {
  return await areAny(files, await findCopies(files, path));
}

async function areAny(files: Files, copies: Copies): Promise<boolean> {
  for (const { path } of allOf(copies)) {
    if ((await files.size(path) ?? 0) > 0) return true;
  }
  return false;
}

/** Completes the store at `head`; returns what it could not take, or null. */
async function lacking(
  { disk, path }: StartSettings,
  { journals }: Copies,
  head: Head,
): Promise<Missing | null> {
  try {
    await complete(disk, path);
    return null;
  } catch (error) {
    if (!(error instanceof StoreError) || error.fault === "corrupt") {
      throw error;
    }
    const commits: Commit[] = [];
    await follow(disk.files, journals, head, (commit) => {
      commits.push(commit);
    });
    return { commits, error };
  }
}

/**
 * Adds to a whole store the commits that only its journals have.
 *
 * @throws {StoreError} `corrupt` or `failing`.
 */
export async function complete(disk: Disk, path: string): Promise<void> {
  const blocks = await disk.openBlocks(path);
  try {
    const copies = await findCopies(disk.files, path);
    await writeBeyond(disk.files, copies, blocks.head);
    blocks.isJournaled = true;
    await catchUp(disk.files, blocks, path);
  } catch (error) {
    if (error instanceof StoreError) throw error;
    throw new StoreError(
      "failing",
      `the store ${path} lacks commits that its journal has, and they ` +
        `cannot be written: ${(error as Error).message}`,
      error,
    );
  } finally {
    await blocks.close();
  }
}

async function build(
  settings: StartSettings,
  copies: Copies,
  fault: string,
): Promise<Recovery> {
  // Loaded only for damage.
  const rebuilt = await import("./rebuilt_store.ts");
  return await rebuilt.build(settings, copies, fault);
}
