import type { Files, OpenFile } from "./files.ts";

/** Reads a file from its beginning on, in pieces of a given length. */
export class ExactReader {
  readonly #file: OpenFile;
  #left: number;

  private constructor(file: OpenFile, size: number) {
    this.#file = file;
    this.#left = size;
  }

  /** Opens the file at `path`. */
  static async open(files: Files, path: string): Promise<ExactReader> {
    const file = await files.open(path, "read");
    try {
      return new ExactReader(file, await file.size());
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** The next `length` bytes; null when there are fewer. */
  async read(length: number): Promise<Uint8Array | null> {
    // Asked before any memory is: a damaged length may be 2 GiB.
    if (length > this.#left) return null;
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length;) {
      const count = await this.#file.read(bytes.subarray(at));
      if (count === null) return null;
      at += count;
    }
    this.#left -= length;
    return bytes;
  }

  /** Lets go of the file. */
  close(): void {
    this.#file.close();
  }
}
