import type { Finds, Source } from "../blocks/block_pool.ts";
import type { Block } from "../blocks/block.ts";
import type { Head } from "../blocks/blocks.ts";
import { FRAME_HEADER } from "../blocks/commit_frame.ts";
import { COPY_HEAD, decodeCopyHead } from "./copy_head.ts";
import { ExactReader } from "../files/exact_reader.ts";
import type { Files } from "../files/files.ts";
import { decodeHead } from "../blocks/head_record.ts";
import { type Gap, readJournal } from "./journal_reader.ts";
import { RecordReader } from "../records/record_reader.ts";
import { SCHEMA } from "../base/schema.ts";
import { StoreError } from "../base/store_error.ts";

/** Maximum bytes of a damaged part that are read: more than a frame has. */
const LOOK = 64 * 1024 * 1024;

/**
 * Returns a snapshot or journal as a source of blocks. A damaged frame yields
 * its whole blocks.
 */
export function copySource(files: Files, path: string): Source {
  return {
    async read(finds) {
      if (!await readStart(files, path, finds)) return;
      const gaps: Gap[] = [];
      const commits = readJournal(files, path, (gap) => gaps.push(gap));
      for await (const { head, blocks } of commits) {
        finds.head(head, false);
        for (const block of blocks) await finds.block(block);
      }
      for (const gap of gaps) await salvage(files, path, gap, finds);
    },
  };
}

/** Hands over the head; returns whether the blocks have the present schema. */
async function readStart(
  files: Files,
  path: string,
  finds: Finds,
): Promise<boolean> {
  const reader = await ExactReader.open(files, path);
  try {
    const start = await reader.read(Math.min(COPY_HEAD, reader.size));
    const { schema, head } = decodeCopyHead(start ?? new Uint8Array(0), path);
    if (schema !== SCHEMA) return false;
    if (head !== null) finds.head(head, false);
    return true;
  } finally {
    reader.close();
  }
}

/** Reads the whole blocks of a damaged frame. */
async function salvage(
  files: Files,
  path: string,
  { at, bytes, isEnd }: Gap,
  finds: Finds,
): Promise<void> {
  if (at === 0 || bytes <= FRAME_HEADER) return;
  const reader = await ExactReader.open(files, path);
  try {
    reader.at = at + FRAME_HEADER;
    const part = await reader.read(Math.min(bytes - FRAME_HEADER, LOOK));
    if (part === null) return;
    const found = parts(part);
    if (found.head !== null) finds.head(found.head, isEnd);
    for (const block of found.blocks) await finds.block(block);
  } finally {
    reader.close();
  }
}

/** Decodes the content of a damaged frame as far as possible. */
function parts(content: Uint8Array): { head: Head | null; blocks: Block[] } {
  const record = new RecordReader();
  record.open(content, 0, content.length);
  const blocks: Block[] = [];
  let head: Head | null = null;
  try {
    const bytes = record.view();
    head = orNull(() => decodeHead(bytes));
    for (let left = record.varint(); left > 0; left--) {
      const number = record.varint();
      blocks.push({ number, bytes: record.view() });
    }
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
  }
  return { head, blocks };
}

function orNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof StoreError) return null;
    throw error;
  }
}
