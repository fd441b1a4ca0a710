/** A file that is open. */
export interface OpenFile {
  /** Returns its length in bytes. */
  size(): Promise<number>;
  /**
   * Reads up to the length of `into` from where the last read ended. Returns
   * the count of bytes, or null at the end of the file.
   */
  read(into: Uint8Array): Promise<number | null>;
  /** Sets the offset of the next read, in bytes. */
  seek(at: number): Promise<void>;
  /** Writes some of `bytes`, at least 1; returns how many. */
  write(bytes: Uint8Array): Promise<number>;
  /** Cuts the file to `length` bytes; the next write begins there. */
  truncate(length: number): Promise<void>;
  /**
   * Waits until what was written is on disk. After an error a later call
   * proves nothing: the system may count lost pages as written.
   */
  sync(): Promise<void>;
  /** Closes the file. Writes that were not synced may still get lost. */
  close(): void;
}

/**
 * The files of a store. Names are on disk after `syncFolder` only: before
 * that, a power cut may undo `open` with `create`, `rename` and `remove`.
 */
export interface Files {
  /**
   * Opens the file at `path`: one that exists, to `read` it, or a new one for
   * this user alone, to write it. Rejects where it is missing or exists.
   */
  open(path: string, how: "read" | "create"): Promise<OpenFile>;
  /** Returns the names in `folder`, in no order. */
  list(folder: string): Promise<string[]>;
  /**
   * Returns the length of the file at `path` in bytes, or null when nothing is
   * there.
   */
  size(path: string): Promise<number | null>;
  /** Renames a file, and replaces one that has the new name. */
  rename(from: string, to: string): Promise<void>;
  /** Removes the file at `path`, if there is one. */
  remove(path: string): Promise<void>;
  /**
   * Writes the bytes of the file at `path` again, from the byte `from` on, and
   * waits for the disk: a sync alone does not write what an earlier one lost.
   */
  writeAgain(path: string, from: number): Promise<void>;
  /** Waits until the folder of `path` is on disk, where systems can do it. */
  syncFolder(path: string): Promise<void>;
}

/** Returns whether anything is at `path`. */
export async function exists(files: Files, path: string): Promise<boolean> {
  return await files.size(path) !== null;
}
