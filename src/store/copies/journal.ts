import type { Commit, Head } from "../blocks/blocks.ts";
import { decodeHeader, encodeFrame } from "../blocks/commit_frame.ts";
import { encodeCopyHead, markOf } from "./copy_head.ts";
import type { Files, OpenFile } from "../base/files.ts";
import { PAGE, wholePages } from "../base/pages.ts";

/** Bytes of blocks in one frame at most, unless one block alone is longer. */
const FRAME = 32 * 1024 * 1024;

/** A file to which commits are appended; each one is on disk when it returns. */
export class Journal {
  readonly #file: OpenFile;
  /** Goes before the first commit: a full disk takes an empty file, too. */
  #head: Uint8Array | null;
  /** The mark of each frame. */
  readonly #mark: number;
  /** Sum of the last frame that is known to be right. */
  #sum: number;
  /** Bytes that are known to be right; what a failed write left is beyond. */
  #length = 0;
  /** The same before the last commit was appended. */
  #before = 0;
  #written = 0;
  /** The last commit that was written; on disk after a sync. */
  #appended: number;
  #last: number;
  #isTorn = false;
  #isSound = true;

  private constructor(file: OpenFile, head: Head) {
    this.#file = file;
    this.#head = encodeCopyHead(head);
    this.#sum = this.#mark = markOf(this.#head);
    this.#appended = this.#last = head.commit;
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
   * The number of the last commit that the journal has on disk; that of its
   * head while it has none. Later commits still have to be appended.
   */
  get last(): number {
    return this.#last;
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
    let sum = this.#sum;
    if (this.#head !== null) {
      await this.#append(this.#head);
      length += this.#head.length;
    }
    for (const part of cut(commit, frame)) {
      const bytes = encodeFrame(part, this.#mark, sum);
      sum = decodeHeader(bytes).sum;
      await this.#append(bytes);
      length += bytes.length;
    }
    this.#isTorn = false;
    this.#head = null;
    this.#sum = sum;
    if (commit.head.commit !== 0) this.#appended = commit.head.commit;
    this.#before = this.#length;
    // The page that the one before ended in is written again.
    this.#written += wholePages(length + this.#length % PAGE);
    this.#length += length;
  }

  /** Removes the last commit; nothing can be appended after that. */
  async takeBack(): Promise<void> {
    await this.#file.truncate(this.#before);
    await this.#file.sync();
  }

  /** Waits until all that was written is on disk. */
  async sync(): Promise<void> {
    const appended = this.#appended;
    try {
      await this.#file.sync();
      this.#last = appended;
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
