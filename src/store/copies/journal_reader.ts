import { type Block, sumIn } from "../blocks/block.ts";
import { type Commit, EMPTY, type Head } from "../blocks/blocks.ts";
import {
  beginsFrame,
  decodeContent,
  decodeHeader,
  FRAME_HEADER,
  isFrame,
} from "../blocks/commit_frame.ts";
import { COPY_HEAD, type CopyHead, decodeCopyHead } from "./copy_head.ts";
import { ExactReader } from "../files/exact_reader.ts";
import type { Files } from "../files/files.ts";
import { convertBlock } from "../blocks/old_schemas.ts";
import { isCorrupt } from "../base/store_error.ts";
import { xxhash32 } from "../base/xxhash32.ts";

/** Bytes searched at a time for the next frame. */
const LOOK = 1024 * 1024;

/** Length and sum of a frame of schema 2. */
const OLD_HEADER = 8;

/** A commit in a journal. */
export interface JournaledCommit extends Commit {
  /** Where the first byte of its frame is in the file. */
  readonly at: number;
  /** The head before the commit; null where that is unknown. */
  readonly after: Head | null;
}

/** A damaged part of a copy. */
export interface Gap {
  /** Its offset. */
  readonly at: number;
  /** Bytes; 0 where frames are missing without a trace. */
  readonly bytes: number;
  /**
   * Whether no whole frame follows: a write may have been torn there, which was
   * never acknowledged.
   */
  readonly isEnd: boolean;
}

/**
 * Reads the commits of the journal or snapshot at `path`. Skips damaged frames,
 * and calls `gap` for each. A part of a commit has the
 * number 0; `joined` puts parts together.
 *
 * @throws {StoreError} `newer` when a later version wrote it.
 */
export async function* readJournal(
  files: Files,
  path: string,
  gap: (gap: Gap) => void = () => {},
): AsyncGenerator<JournaledCommit> {
  const reader = await ExactReader.open(files, path);
  try {
    // A full disk leaves an empty file.
    if (reader.size === 0) return;
    const start = await reader.read(Math.min(COPY_HEAD, reader.size));
    const head = decodeCopyHead(start!, path);
    reader.at = Math.min(head.length, reader.size);
    yield* head.schema === 2
      ? readOld(reader, head, gap)
      : readFrames(reader, head, gap);
  } finally {
    reader.close();
  }
}

/**
 * Joins the parts of long commits; leaves out a last commit without an end.
 * Where a part is missing, the commit begins with a later block.
 */
export async function* joined(
  commits: AsyncIterable<JournaledCommit>,
): AsyncGenerator<JournaledCommit> {
  let parts: Block[] = [];
  for await (const commit of commits) {
    const last = parts.at(-1);
    const first = commit.blocks.at(0);
    if (last && first && first.number !== last.number + 1) parts = [];
    parts.push(...commit.blocks);
    if (commit.head.commit === 0) continue;
    yield { ...commit, blocks: parts };
    parts = [];
  }
}

async function* readFrames(
  reader: ExactReader,
  start: CopyHead,
  gap: (gap: Gap) => void,
): AsyncGenerator<JournaledCommit> {
  const mark = start.isWhole ? start.sum : await markAt(reader);
  if (!start.isWhole) {
    gap({ at: 0, bytes: COPY_HEAD, isEnd: reader.at === reader.size });
  }
  let after = start.head;
  let before = mark;
  let isBroken = false;
  while (reader.at < reader.size) {
    const at = reader.at;
    const frame = await readFrame(reader, mark) ??
      await nextFrame(reader, mark);
    if (frame === null) {
      return gap({ at, bytes: reader.size - at, isEnd: true });
    }
    if (frame.at > at || frame.before !== before) {
      gap({ at, bytes: frame.at - at, isEnd: false });
      isBroken = true;
    }
    before = frame.sum;
    const { head } = frame.commit;
    if (head.commit !== 0 && isBroken) {
      // All commits of a file have the same epoch, so their numbers suffice.
      after = { ...EMPTY, epoch: head.epoch, commit: head.commit - 1 };
      isBroken = false;
    }
    yield { ...frame.commit, after, at: frame.at };
    if (head.commit !== 0) after = head;
  }
}

/** Returns the mark of the first frame; 0 without one. */
async function markAt(reader: ExactReader): Promise<number> {
  const { at } = reader;
  const bytes = await reader.read(4);
  reader.at = at;
  return bytes === null ? 0 : new DataView(bytes.buffer).getUint32(0, true);
}

interface Frame {
  readonly at: number;
  readonly sum: number;
  readonly before: number;
  readonly commit: Commit;
}

/**
 * Reads the next frame; returns null, without moving on, when it is damaged.
 */
async function readFrame(
  reader: ExactReader,
  mark: number,
): Promise<Frame | null> {
  const { at } = reader;
  const bytes = await reader.read(FRAME_HEADER);
  if (bytes !== null) {
    const { length, sum, before, ...header } = decodeHeader(bytes);
    const content = header.mark === mark && length > 0
      ? await reader.read(length)
      : null;
    if (content !== null && isFrame(bytes, content)) {
      return { at, sum, before, commit: decodeContent(content) };
    }
  }
  reader.at = at;
  return null;
}

/** Searches the next whole frame behind a damaged one; null = none. */
async function nextFrame(
  reader: ExactReader,
  mark: number,
): Promise<Frame | null> {
  let from = reader.at + 1;
  while (from + FRAME_HEADER <= reader.size) {
    reader.at = from;
    const length = Math.min(LOOK, reader.size - from);
    const bytes = await reader.read(length);
    if (bytes === null) return null;
    const view = new DataView(bytes.buffer);
    for (let at = 0; at + FRAME_HEADER <= length; at++) {
      if (!beginsFrame(view, at, mark)) continue;
      reader.at = from + at;
      const frame = await readFrame(reader, mark);
      if (frame !== null) return frame;
    }
    // A header may begin at the end of this piece.
    from += Math.max(1, length - FRAME_HEADER + 1);
  }
  return null;
}

/** A copy of schema 2 ends at its first damaged frame. */
async function* readOld(
  reader: ExactReader,
  start: CopyHead,
  gap: (gap: Gap) => void,
): AsyncGenerator<JournaledCommit> {
  let after = start.head;
  let sum = 0;
  while (reader.at < reader.size) {
    const { at } = reader;
    const commit = await readOldFrame(reader, sum);
    if (commit === null) {
      return gap({ at, bytes: reader.size - at, isEnd: true });
    }
    yield { ...commit, after, at };
    if (commit.head.commit !== 0) after = commit.head;
    sum = commit.head.sum;
  }
}

async function readOldFrame(
  reader: ExactReader,
  sum: number,
): Promise<Commit | null> {
  const header = await reader.read(OLD_HEADER);
  if (header === null) return null;
  const view = new DataView(header.buffer);
  const content = await reader.read(view.getUint32(0, true));
  if (
    content === null ||
    view.getUint32(4, true) !== xxhash32(content, 0, content.length)
  ) return null;
  try {
    const { head, blocks } = decodeContent(content);
    const converted: Block[] = [];
    for (const { number, bytes } of blocks) {
      converted.push({ number, bytes: convertBlock(bytes, number, 2) });
    }
    const last = converted.at(-1);
    return {
      head: { ...head, sum: last === undefined ? sum : sumIn(last) },
      blocks: converted,
    };
  } catch (error) {
    if (isCorrupt(error)) return null;
    throw error;
  }
}
