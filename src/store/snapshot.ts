import type { Block } from "./block.ts";
import type { Head } from "./blocks.ts";
import { snapshotPath } from "./copies.ts";
import { Journal, readJournal } from "./journal.ts";

/** Blocks in one frame of a snapshot: some 2 MiB. */
const A_FRAME = 32;

/**
 * Writes a snapshot of the blocks of `head`, which `read` hands over. It looks
 * like the journal of a few large commits; only the last one bears the head's
 * own number. It gets its name when it is complete and on disk.
 */
export async function writeSnapshot(
  store: string,
  head: Head,
  read: (each: (block: Block) => Promise<void> | void) => Promise<void>,
): Promise<void> {
  const path = snapshotPath(store, head.commit);
  const partial = `${path}.partial`;
  const journal = await Journal.create(partial);
  let isWhole = false;
  try {
    let blocks: Block[] = [];
    await read((block) => {
      blocks.push(block);
      if (blocks.length < A_FRAME) return;
      const full = blocks;
      blocks = [];
      return journal.write({
        head: { ...head, last: block.number, commit: 0 },
        blocks: full,
      });
    });
    await journal.append({ head, blocks });
    isWhole = true;
  } finally {
    journal.close();
    if (!isWhole) await Deno.remove(partial);
  }
  await Deno.rename(partial, path);
}

/** Whether the snapshot at `path` is whole and is that of `commit`. */
export async function isWholeSnapshot(
  path: string,
  commit: number,
): Promise<boolean> {
  let last: Head | null = null;
  for await (const { head } of readJournal(path)) last = head;
  return last !== null && last.commit === commit;
}
