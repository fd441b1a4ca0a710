import type { Block } from "./block.ts";
import type { Commit, Head } from "./blocks.ts";
import {
  decodeFrame,
  encodeFrame,
  FRAME_HEADER,
  frameLength,
} from "./commit_frame.ts";
import {
  COPY_HEADER,
  copyHeadLength,
  decodeCopyHead,
  encodeCopyHead,
  hasCopyHead,
} from "./copy_head.ts";
import { ExactReader } from "./exact_reader.ts";
import type { Files, OpenFile } from "./files.ts";
import { PAGE, wholePages } from "./pages.ts";

/** Bytes of blocks in one frame at most, unless one block alone is longer. */
const FRAME = 32 * 1024 * 1024;

/** A file to which commits are appended; each one is on disk when it returns. */
export class Journal {
  readonly #file: OpenFile;
  /** Goes before the first commit: a full disk takes an empty file, too. */
  #head: Uint8Array | null;
  /** Bytes that are known to be right; what a failed write left is beyond. */
  #length = 0;
  #written = 0;
  #isTorn = false;
  #isSound = true;

  private constructor(file: OpenFile, head: Head) {
    this.#file = file;
    this.#head = encodeCopyHead(head);
  }

  /**
   * Begins a new file at `path`, whose first commit comes after `head`. One
   * that is there is removed, not emptied: its pages may be those that the
   * disk refused.
   */
  static async create(
    files: Files,
    path: string,
    head: Head,
  ): Promise<Journal> {
    await files.remove(path);
    const file = await files.open(path, "create");
    await files.syncFolder(path);
    return new Journal(file, head);
  }

  /** Bytes of it. */
  get length(): number {
    return this.#length;
  }

  /** Bytes that went to the disk, in whole pages; about. */
  get written(): number {
    return this.#written;
  }

  /**
   * False from a failed sync on: the system may count pages as written that
   * are not, so that a later sync says nothing. Another journal is needed.
   */
  get isSound(): boolean {
    return this.#isSound;
  }

  /** Appends a commit and waits for the disk; may be tried again. */
  async append(commit: Commit): Promise<void> {
    await this.write(commit);
    await this.sync();
  }

  /**
   * Appends a commit; it is on disk after `sync`. A long one becomes several
   * frames of `frame` bytes: only the last has the number of the commit, and
   * the others count for nothing without it.
   */
  async write(commit: Commit, frame: number = FRAME): Promise<void> {
    if (this.#isTorn) await this.#file.truncate(this.#length);
    this.#isTorn = true;
    let length = 0;
    if (this.#head !== null) {
      await this.#append(this.#head);
      length += this.#head.length;
    }
    for (const part of cut(commit, frame)) {
      const bytes = encodeFrame(part);
      await this.#append(bytes);
      length += bytes.length;
    }
    this.#isTorn = false;
    this.#head = null;
    // The page that the one before ended in is written again.
    this.#written += wholePages(length + this.#length % PAGE);
    this.#length += length;
  }

  /** Waits until all that was written is on disk. */
  async sync(): Promise<void> {
    try {
      await this.#file.sync();
    } catch (error) {
      this.#isSound = false;
      throw error;
    }
  }

  /** Lets go of the file. */
  close(): void {
    this.#file.close();
  }

  async #append(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      at += await this.#file.write(bytes.subarray(at));
    }
  }
}

/** The parts of a commit, of `most` bytes each unless a block is longer. */
function* cut({ head, blocks }: Commit, most: number): Generator<Commit> {
  let from = 0;
  let bytes = 0;
  for (let at = 0; at < blocks.length; at++) {
    const { length } = blocks[at].bytes;
    if (at > from && bytes + length > most) {
      const last = blocks[at - 1].number;
      yield {
        head: { ...head, last, commit: 0 },
        blocks: blocks.slice(from, at),
      };
      from = at;
      bytes = 0;
    }
    bytes += length;
  }
  yield { head, blocks: blocks.slice(from) };
}

/** A commit as a journal has it. */
export interface JournaledCommit extends Commit {
  /** The head it was made on; null where an old journal does not say. */
  readonly after: Head | null;
}

/**
 * Reads the commits of the journal at `path`, up to the first that is not
 * whole: a write may have been torn there, and nothing behind it was
 * acknowledged. A part of a commit has the number 0; `joined` puts parts
 * together.
 *
 * @throws {StoreError} `newer` when a later version wrote it.
 */
export async function* readJournal(
  files: Files,
  path: string,
): AsyncGenerator<JournaledCommit> {
  const reader = await ExactReader.open(files, path);
  try {
    let header = await reader.read(FRAME_HEADER);
    let after: Head | null = null;
    if (header !== null && hasCopyHead(header)) {
      after = await readHead(reader, header, path);
      if (after === null) return;
      header = await reader.read(FRAME_HEADER);
    }
    for (; header !== null; header = await reader.read(FRAME_HEADER)) {
      const length = frameLength(header);
      const content = length < 0 ? null : await reader.read(length);
      if (content === null) return;
      const commit = decodeFrame(header, content);
      if (commit === null) return;
      yield { ...commit, after };
      if (commit.head.commit !== 0) after = commit.head;
    }
  } finally {
    reader.close();
  }
}

/** Puts the parts of long commits together; a last commit without end is left. */
export async function* joined(
  commits: AsyncIterable<JournaledCommit>,
): AsyncGenerator<JournaledCommit> {
  let parts: Block[] = [];
  for await (const commit of commits) {
    parts.push(...commit.blocks);
    if (commit.head.commit === 0) continue;
    yield { ...commit, blocks: parts };
    parts = [];
  }
}

/** The head that begins with `start`, or null when it is not whole. */
async function readHead(
  reader: ExactReader,
  start: Uint8Array,
  path: string,
): Promise<Head | null> {
  const rest = await reader.read(
    COPY_HEADER - FRAME_HEADER + copyHeadLength(start),
  );
  if (rest === null) return null;
  const bytes = new Uint8Array(start.length + rest.length);
  bytes.set(start);
  bytes.set(rest, start.length);
  return decodeCopyHead(bytes, path);
}
