/** Reads a file from its beginning on, in pieces of a given length. */
export class ExactReader {
  readonly #file: Deno.FsFile;
  #left: number;

  private constructor(file: Deno.FsFile, size: number) {
    this.#file = file;
    this.#left = size;
  }

  /** Opens the file at `path`. */
  static async open(path: string): Promise<ExactReader> {
    const file = await Deno.open(path, { read: true });
    try {
      return new ExactReader(file, (await file.stat()).size);
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
