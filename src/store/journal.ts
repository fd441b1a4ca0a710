import type { Commit } from "./blocks.ts";
import {
  decodeFrame,
  encodeFrame,
  FRAME_HEADER,
  frameLength,
} from "./commit_frame.ts";

/** A file to which commits are appended; each one is on disk when it returns. */
export class Journal {
  readonly #file: Deno.FsFile;
  /** Bytes that are known to be right; what a failed write left is beyond. */
  #length = 0;
  #isTorn = false;

  private constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  /** Begins a new, empty file at `path`. */
  static async create(path: string): Promise<Journal> {
    return new Journal(
      await Deno.open(path, {
        write: true,
        create: true,
        truncate: true,
        mode: 0o600,
      }),
    );
  }

  /** Bytes of it. */
  get length(): number {
    return this.#length;
  }

  /** Appends a commit and waits for the disk; may be tried again. */
  async append(commit: Commit): Promise<void> {
    await this.write(commit);
    await this.sync();
  }

  /** Appends a commit; it is on disk after `sync`. */
  async write(commit: Commit): Promise<void> {
    if (this.#isTorn) {
      await this.#file.truncate(this.#length);
      await this.#file.seek(this.#length, Deno.SeekMode.Start);
    }
    const frame = encodeFrame(commit);
    this.#isTorn = true;
    for (let at = 0; at < frame.length;) {
      at += await this.#file.write(frame.subarray(at));
    }
    this.#isTorn = false;
    this.#length += frame.length;
  }

  /** Waits until all that was written is on disk. */
  sync(): Promise<void> {
    return this.#file.syncData();
  }

  /** Lets go of the file. */
  close(): void {
    this.#file.close();
  }
}

/**
 * The commits of the journal at `path`, up to the first that is not whole: a
 * write may have been torn there, and nothing behind it was acknowledged.
 */
export async function* readJournal(path: string): AsyncGenerator<Commit> {
  const file = await Deno.open(path, { read: true });
  try {
    const { size } = await file.stat();
    let left = size;
    for (;;) {
      const header = await readExactly(file, FRAME_HEADER, left);
      if (header === null) return;
      left -= FRAME_HEADER;
      const length = frameLength(header);
      if (length < 0) return;
      const content = await readExactly(file, length, left);
      if (content === null) return;
      left -= length;
      const commit = decodeFrame(header, content);
      if (commit === null) return;
      yield commit;
    }
  } finally {
    file.close();
  }
}

/** `length` bytes; null when the file has only `left`, which is fewer. */
async function readExactly(
  file: Deno.FsFile,
  length: number,
  left: number,
): Promise<Uint8Array | null> {
  if (length > left) return null;
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const count = await file.read(bytes.subarray(at));
    if (count === null) return null;
    at += count;
  }
  return bytes;
}
