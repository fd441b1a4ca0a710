import type { Commit, Head } from "../blocks/blocks.ts";
import { decodeHeader, encodeFrame } from "../blocks/commit_frame.ts";
import { encodeCopyHead, markOf } from "./copy_head.ts";
import type { Files, OpenFile } from "../files/files.ts";
import { PAGE, wholePages } from "../base/pages.ts";

/** Bytes of blocks in one frame at most, unless one block alone is longer. */
const FRAME = 32 * 1024 * 1024;

/** A file of commits. Each one is on disk when `append` resolves. */
export class Journal {
  readonly #file: OpenFile;
  /** Written with the first commit: a full disk still takes an empty file. */
  #head: Uint8Array | null;
  /** The mark of each frame. */
  readonly #mark: number;
  /** Sum of the last whole frame. */
  #sum: number;
  /** Bytes of whole frames; the rest of a failed write is beyond. */
  #length = 0;
  /** `#length` before the last commit. */
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
   * Creates a new file at `path`; its first commit comes after `head`. Removes
   * an old file instead of emptying it: its pages may be those that the disk
   * refused.
   */
  static async create(
    files: Files,
    path: string,
    head: Head,
  ): Promise<Journal> {
    await files.remove(path);
    const file = await files.open(path, "create");
    try {
      await files.syncFolder(path);
      return new Journal(file, head);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** Length of the journal in bytes. */
  get length(): number {
    return this.#length;
  }

  /** Bytes written to the disk, in whole pages; about. */
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
   * False after a failed sync. The system may count lost pages as written, so a
   * later sync proves nothing, and another journal must take over.
   */
  get isSound(): boolean {
    return this.#isSound;
  }

  /**
   * Appends a commit and waits for the disk. A failed call may be repeated. The
   * head is on disk before the first frame: a damaged head with bytes behind it
   * is then no torn write, which start would have to forgive.
   */
  async append(commit: Commit): Promise<void> {
    if (this.#head !== null) {
      await this.#writeHead();
      await this.sync();
    }
    await this.write(commit);
    await this.sync();
  }

  /**
   * Appends a commit; it is on disk after `sync`. A long one becomes several
   * frames of `frame` bytes: only the last has the number of the commit, and
   * the others count for nothing without it.
   */
  async write(commit: Commit, frame: number = FRAME): Promise<void> {
    if (this.#head !== null) await this.#writeHead();
    if (this.#isTorn) await this.#file.truncate(this.#length);
    this.#isTorn = true;
    let length = 0;
    let sum = this.#sum;
    for (const part of cut(commit, frame)) {
      const bytes = encodeFrame(part, this.#mark, sum);
      sum = decodeHeader(bytes).sum;
      await this.#append(bytes);
      length += bytes.length;
    }
    this.#isTorn = false;
    this.#sum = sum;
    if (commit.head.commit !== 0) this.#appended = commit.head.commit;
    this.#before = this.#length;
    // The last page of the previous commit is written again.
    this.#written += wholePages(length + this.#length % PAGE);
    this.#length += length;
  }

  async #writeHead(): Promise<void> {
    if (this.#isTorn) await this.#file.truncate(0);
    this.#isTorn = true;
    await this.#append(this.#head!);
    this.#isTorn = false;
    this.#length = this.#before = this.#head!.length;
    this.#written += PAGE;
    this.#head = null;
  }

  /** Removes the last commit. The journal takes no commit after that. */
  async takeBack(): Promise<void> {
    await this.#file.truncate(this.#before);
    await this.#file.sync();
  }

  /** Waits until all commits are on disk. */
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

  /** Closes the file. */
  close(): void {
    this.#file.close();
  }

  async #append(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      at += await this.#file.write(bytes.subarray(at));
    }
  }
}

/** Cuts a commit into parts of `most` bytes, or of one longer block. */
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
