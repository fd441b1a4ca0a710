import { type Block, BLOCKS_AN_ATOMIC } from "../blocks/block.ts";
import { BlockPool, type Source } from "../blocks/block_pool.ts";
import type { Blocks, Head } from "../blocks/blocks.ts";
import {
  allOf,
  completePath,
  type Copies,
  rebuiltPath,
} from "../copies/copies.ts";
import { exists } from "../files/files.ts";
import { latestLine, type Line, rebuild } from "../copies/recovery.ts";
import { copySource } from "../copies/salvage.ts";
import {
  corruptName,
  moveDamaged,
  removeStore,
  setAside,
} from "../copies/set_aside.ts";
import type { Recovery } from "./start_from_copies.ts";
import { dateOfHead } from "../log/store_time.ts";
import { refused, type StartSettings } from "./verified_start.ts";

/** A state that can be rebuilt. */
interface Target {
  readonly head: Head;
  /** Known number of later commits. */
  readonly lost: number;
  /** Writes the state to an empty store. */
  readonly fill: (blocks: Blocks) => Promise<void>;
}

/**
 * Rebuilds the store: takes each block from whichever file has it whole, the
 * damaged store among them. `fault` is the damage of the store.
 *
 * @throws {StoreError} `corrupt` when nothing mends it and `refuse` is set.
 */
export async function build(
  settings: StartSettings,
  copies: Copies,
  fault: string,
): Promise<Recovery> {
  const { disk, path, now } = settings;
  const { files } = disk;
  const target = await findTarget(settings, copies);
  if (target === null) return await startEmpty(settings, fault);
  const fresh = rebuiltPath(path);
  await removeStore(files, fresh);
  const blocks = await disk.openBlocks(fresh);
  await target.fill(blocks).finally(() => blocks.close());
  await disk.makeSingle(fresh);
  // The damaged store is renamed first, and may have blocks that no copy has.
  // From then on `settle` must know a complete store from one being built.
  await files.rename(fresh, completePath(path));
  await files.syncFolder(path);
  const aside = await corruptName(files, path, now);
  const wasThere = await exists(files, path);
  await moveDamaged(files, path, aside);
  await files.rename(completePath(path), path);
  await files.syncFolder(path);
  return {
    alarm: `the store was ${fault}; the broker ` +
      (wasThere ? `renamed it to ${aside} and ` : "") +
      "rebuilt it from its second copy, as of " +
      new Date(dateOfHead(target.head)).toISOString() +
      (target.lost > 0
        ? "; later commits are damaged in the copy, too: at least " +
          `${commits(target.lost)} lost`
        : ""),
    renewal: { aside },
    forks: true,
  };
}

/** Returns the start of a sentence about lost commits. */
function commits(count: number): string {
  return count === 1 ? "1 is" : `${count} are`;
}

async function startEmpty(
  { disk, path, now, refuse }: StartSettings,
  fault: string,
): Promise<Recovery> {
  if (refuse) throw refused(path, fault);
  const aside = await setAside(disk.files, path, now);
  return {
    alarm: `the store was ${fault}, and no copy of it was whole; the broker ` +
      `renamed all files to ${aside} and started with an empty store`,
    renewal: null,
    forks: true,
  };
}

/** Returns the latest state that can be rebuilt; null = none. */
async function findTarget(
  settings: StartSettings,
  copies: Copies,
): Promise<Target | null> {
  const { disk: { files }, path, doubt } = settings;
  if (doubt?.isInCopies) return null;
  const pool = await BlockPool.gather(sourcesOf(settings, copies));
  const head = pool.latest;
  if (head !== null) {
    const lost = pool.beyond(head);
    return { head, lost, fill: (blocks) => fill(blocks, pool, head) };
  }
  // Copies of an older schema have no chain of sums.
  const line = await latestLine(files, copies);
  const { reach } = line;
  if (reach.commit === 0) return null;
  const lost = beyond(copies, line);
  const along = (blocks: Blocks) => rebuild(files, blocks, path, line);
  return { head: reach, lost, fill: along };
}

/**
 * The copies, the newest first, then the store unless its content is in doubt.
 */
function sourcesOf(
  { disk, path, doubt }: StartSettings,
  copies: Copies,
): Source[] {
  const sources = [...allOf(copies)].sort((a, b) => b.commit - a.commit)
    .map((copy) => copySource(disk.files, copy.path));
  const damaged = doubt === null ? disk.damaged?.(path) : undefined;
  if (damaged !== undefined) sources.push(damaged);
  return sources;
}

async function fill(
  blocks: Blocks,
  pool: BlockPool,
  head: Head,
): Promise<void> {
  let waiting: Block[] = [];
  await pool.read(head, (block) => {
    waiting.push(block);
    if (waiting.length < BLOCKS_AN_ATOMIC) return;
    const full = waiting;
    waiting = [];
    return blocks.commit({ head: { ...head, commit: 0 }, blocks: full });
  });
  await blocks.commit({ head, blocks: waiting });
}

/** Returns the commits between the readable end and the last journal. */
function beyond({ journals }: Copies, { reach }: Line): number {
  const last = journals.at(-1)?.commit ?? 0;
  return Math.max(0, last - reach.commit);
}
