/** A file that is open. */
export interface OpenFile {
  /** Returns its length in bytes. */
  size(): Promise<number>;
  /**
   * Reads on from where the last read ended, up to the length of `into`.
   * Returns the count of bytes, or null at the end of the file.
   */
  read(into: Uint8Array): Promise<number | null>;
  /** The next read begins at `at`, bytes from the beginning. */
  seek(at: number): Promise<void>;
  /** Writes some of `bytes`, 1 at least, and returns how many. */
  write(bytes: Uint8Array): Promise<number>;
  /** Cuts the file to `length` bytes; the next write begins there. */
  truncate(length: number): Promise<void>;
  /**
   * Waits until what was written is on disk. After an error a later call
   * proves nothing: the system may count lost pages as written.
   */
  sync(): Promise<void>;
  /** Closes the file. What was not synced may still get lost. */
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
  /** Returns the bytes of what is at `path`, or null when nothing is. */
  size(path: string): Promise<number | null>;
  /** Gives a file another name, and replaces one that has it. */
  rename(from: string, to: string): Promise<void>;
  /** Removes the file at `path`, if there is one. */
  remove(path: string): Promise<void>;
  /** Waits until all that was written to the file at `path` is on disk. */
  sync(path: string): Promise<void>;
  /** Waits until the folder of `path` is on disk, where systems can do it. */
  syncFolder(path: string): Promise<void>;
}

/** Whether there is something at `path`. */
export async function exists(files: Files, path: string): Promise<boolean> {
  return await files.size(path) !== null;
}
