import type { Block } from "./block.ts";
import type { Blocks, Commit, Head } from "./blocks.ts";
import { SCHEMA } from "./kv_blocks.ts";
import { KvFile } from "./kv_file.ts";
import { StoreError } from "./store_error.ts";

/** Blocks read before sockets get their turn: some 16 MiB. */
const SLICE = 256;

/**
 * Blocks of a store whose disk is so full that it cannot be opened for
 * writing. They can be read all the same, and each commit tries to open the
 * store anew: once there is room, all goes on as if it had been opened so.
 */
export class FullDiskBlocks implements Blocks {
  readonly #path: string;
  readonly #open: () => Promise<Blocks>;
  readonly #head: Head;
  /** The store, once it could be opened. */
  #opened: Blocks | null = null;

  private constructor(
    path: string,
    head: Head,
    open: () => Promise<Blocks>,
  ) {
    this.#path = path;
    this.#head = head;
    this.#open = open;
  }

  /**
   * Reads the head of the store at `path`, which exists and was verified;
   * `open` opens it for writing.
   *
   * @throws {StoreError} when it cannot be read either, or would have to be
   * migrated first.
   */
  static async open(
    path: string,
    open: () => Promise<Blocks>,
  ): Promise<FullDiskBlocks> {
    const file = await KvFile.open(path);
    try {
      const { schema, head } = file;
      // An empty file has no schema yet, and nothing to be migrated.
      if (schema !== 0 && schema !== SCHEMA) {
        throw new StoreError(
          "full",
          `the store ${path} is of an older version, and there is no room ` +
            "to bring it up to date",
        );
      }
      return new FullDiskBlocks(path, head, open);
    } finally {
      file.close();
    }
  }

  get head(): Head {
    return this.#opened?.head ?? this.#head;
  }

  async read(each: (block: Block) => void | Promise<void>): Promise<void> {
    if (this.#opened !== null) return await this.#opened.read(each);
    const file = await KvFile.open(this.#path);
    try {
      let count = 0;
      for (const block of file.blocks(SCHEMA, this.#head)) {
        const waiting = each(block);
        if (waiting !== undefined) await waiting;
        if (++count % SLICE !== 0) continue;
        await new Promise((resolve) => setImmediate(resolve));
      }
    } finally {
      file.close();
    }
  }

  async commit(commit: Commit): Promise<void> {
    this.#opened ??= await this.#open();
    await this.#opened.commit(commit);
  }

  async close(): Promise<void> {
    await this.#opened?.close();
  }
}
