import type { Files, OpenFile } from "./files.ts";

/** Reads a file from `at` on, at first from its beginning. */
export class ExactReader {
  readonly #file: OpenFile;
  /** Bytes of the file at `open`. */
  readonly size: number;
  /** Offset of the next read. */
  at = 0;
  /** Offset of the file handle itself. */
  #place = 0;

  private constructor(file: OpenFile, size: number) {
    this.#file = file;
    this.size = size;
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

  /**
   * Returns the next `length` bytes; null, without moving on, when fewer are
   * left.
   */
  async read(length: number): Promise<Uint8Array | null> {
    // Checked before memory is allocated: a damaged length may be 2 GiB.
    if (length > this.size - this.at) return null;
    if (this.#place !== this.at) {
      await this.#file.seek(this.at);
      this.#place = this.at;
    }
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length;) {
      const count = await this.#file.read(bytes.subarray(at));
      if (count === null) {
        this.#place = -1;
        return null;
      }
      this.#place += count;
      at += count;
    }
    this.at += length;
    return bytes;
  }

  /** Closes the file. */
  close(): void {
    this.#file.close();
  }
}
