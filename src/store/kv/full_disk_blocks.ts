import type { Block } from "../blocks/block.ts";
import {
  type Blocks,
  type Commit,
  type Head,
  sameHead,
} from "../blocks/blocks.ts";
import { SCHEMA } from "../base/schema.ts";
import { StoreError } from "../base/store_error.ts";
import { nextTurn } from "../base/next_turn.ts";

/** Blocks read before sockets get their turn: some 16 MiB. */
const SLICE = 256;

/** A store's file that is read without opening it as a store. */
export interface StoreFile {
  /** The number of its schema; 0 when nothing was stored. */
  readonly schema: number;
  /** Its head; `EMPTY` when nothing was stored. */
  readonly head: Head;
  /** Reads the blocks of `head`, stored under `schema`, in their order. */
  blocks(schema: number, head: Head): Iterable<Block>;
  /** Closes the file. */
  close(): void;
}

/** The ways to a store on a full disk. */
export interface FullDisk {
  /** Opens its file to read. */
  read(): Promise<StoreFile>;
  /** Opens it for writing; rejects while there is no room. */
  open(): Promise<Blocks>;
}

/**
 * Blocks of a store that a full disk does not let open for writing. Reading
 * works, and each commit tries to open the store: once there is room, the store
 * continues as usual.
 */
export class FullDiskBlocks implements Blocks {
  readonly #disk: FullDisk;
  readonly #head: Head;
  /** The head in the file. */
  readonly #onDisk: Head;
  /** Commits that only a journal has. */
  readonly #missing: readonly Commit[];
  /** The store, once it is open. */
  #opened: Blocks | null = null;
  #rewrite: Blocks["rewrite"];

  private constructor(
    disk: FullDisk,
    head: Head,
    missing: readonly Commit[],
  ) {
    this.#disk = disk;
    this.#onDisk = head;
    this.#missing = missing.filter((one) => one.head.commit > head.commit);
    this.#head = this.#missing.at(-1)?.head ?? head;
  }

  /**
   * Reads the head of the store at `path`, which exists and was verified. Reads
   * include the `missing` commits, which `disk.open` must add first.
   *
   * @throws {StoreError} when the file cannot be read either, or has an older
   * schema.
   */
  static async open(
    path: string,
    disk: FullDisk,
    missing: readonly Commit[] = [],
  ): Promise<FullDiskBlocks> {
    const file = await disk.read();
    try {
      const { schema, head } = file;
      // An empty file has no schema and needs no migration.
      if (schema !== 0 && schema !== SCHEMA) {
        throw new StoreError(
          "full",
          `the store ${path} has an older schema, and the disk has no ` +
            "room to migrate it",
        );
      }
      return new FullDiskBlocks(disk, head, missing);
    } finally {
      file.close();
    }
  }

  get head(): Head {
    return this.#opened?.head ?? this.#head;
  }

  get written(): number {
    return this.#opened?.written ?? 0;
  }

  async read(each: (block: Block) => void | Promise<void>): Promise<void> {
    if (this.#opened !== null) return await this.#opened.read(each);
    const { first } = this.#head;
    const { last } = this.#onDisk;
    const file = await this.#disk.read();
    try {
      let count = 0;
      for (const block of file.blocks(SCHEMA, { ...this.#onDisk, first })) {
        const waiting = each(block);
        if (waiting !== undefined) await waiting;
        if (++count % SLICE !== 0) continue;
        await nextTurn();
      }
    } finally {
      file.close();
    }
    for (const { blocks } of this.#missing) {
      for (const block of blocks) {
        if (block.number > last && block.number >= first) await each(block);
      }
    }
  }

  async commit(commit: Commit): Promise<void> {
    this.#opened ??= await this.#openSame();
    await this.#opened.commit(commit);
  }

  async #openSame(): Promise<Blocks> {
    const opened = await this.#disk.open();
    if (sameHead(opened.head, this.#head)) {
      opened.rewrite = this.#rewrite;
      return opened;
    }
    await opened.close();
    throw new StoreError(
      "taken",
      "another program wrote to the store while the disk was full",
    );
  }

  /** Undefined until the store is open: nothing could be mended. */
  get scrub(): Blocks["scrub"] {
    return this.#opened?.scrub?.bind(this.#opened);
  }

  get rewrite(): Blocks["rewrite"] {
    return this.#rewrite;
  }

  set rewrite(task: Blocks["rewrite"]) {
    this.#rewrite = task;
    if (this.#opened !== null) this.#opened.rewrite = task;
  }

  get copiesWritten(): Blocks["copiesWritten"] {
    return this.#opened?.copiesWritten;
  }

  get copied(): number | undefined {
    return this.#opened?.copied;
  }

  tighten(stored: number): boolean {
    return this.#opened?.tighten?.(stored) ?? false;
  }

  async close(): Promise<void> {
    await this.#opened?.close();
  }
}
