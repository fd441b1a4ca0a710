import { type Block, checkBlock, checkEnd } from "../blocks/block.ts";
import { bytesIn, type Head, sameHead } from "../blocks/blocks.ts";
import { type Copy, snapshotPath } from "./copies.ts";
import type { Files } from "../files/files.ts";
import { Journal } from "./journal.ts";
import { readJournal } from "./journal_reader.ts";

/** Blocks in one frame of a snapshot: some 2 MiB. */
const A_FRAME = 32;

/**
 * Writes a snapshot of the blocks of `head`, which `read` hands over. A
 * snapshot is like a journal of a few large commits; only the last one has the
 * number of the head. The file gets its name when it is complete and on disk.
 * Returns the bytes written.
 *
 * @throws {StoreError} `corrupt` when a block is damaged.
 */
export async function writeSnapshot(
  files: Files,
  store: string,
  head: Head,
  read: (each: (block: Block) => Promise<void> | void) => Promise<void>,
): Promise<number> {
  const path = snapshotPath(store, head.commit);
  const partial = `${path}.partial`;
  const journal = await Journal.create(files, partial, head);
  let isWhole = false;
  try {
    let blocks: Block[] = [];
    let sum = 0;
    await read((block) => {
      // A damaged block under a new sum would pass for whole.
      sum = checkBlock(block, sum);
      blocks.push(block);
      if (blocks.length < A_FRAME) return;
      const full = blocks;
      blocks = [];
      return journal.write({
        head: { ...head, last: block.number, commit: 0 },
        blocks: full,
      });
    });
    checkEnd(sum, head);
    await journal.append({ head, blocks });
    isWhole = true;
  } finally {
    journal.close();
    if (!isWhole) await files.remove(partial);
  }
  await files.rename(partial, path);
  await files.syncFolder(path);
  return journal.written;
}

/**
 * Returns the head of a snapshot; null when the snapshot is damaged. Waits for
 * what `paused` returns, which gets the bytes of each frame.
 */
export async function snapshotHead(
  files: Files,
  { path, commit }: Copy,
  paused: (bytes: number) => Promise<void> | void = () => {},
): Promise<Head | null> {
  let last: Head | null = null;
  let before: Head | null = null;
  let isWhole = true;
  const parts = readJournal(files, path, () => isWhole = false);
  for await (const { head, blocks, after } of parts) {
    before ??= after;
    last = head;
    await paused(bytesIn({ blocks }));
  }
  if (!isWhole || last === null || last.commit !== commit) return null;
  // Older copies have no head to compare.
  return before === null || sameHead(before, last) ? last : null;
}
