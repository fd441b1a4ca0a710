import { type Block, BLOCKS_AN_ATOMIC } from "../blocks/block.ts";
import {
  type Commit,
  type CopiedBlocks,
  EMPTY,
  type Head,
} from "../blocks/blocks.ts";
import { decodeHead, encodeHead } from "../blocks/head_record.ts";
import { oneLine, todoFor } from "../base/open_fault.ts";
import { OwnKv } from "./own_kv.ts";
import { PAGE, wholePages } from "../base/pages.ts";
import { SCHEMA } from "../base/schema.ts";
import { StoreError } from "../base/store_error.ts";

/** The key of the schema's number. */
export const SCHEMA_KEY: Deno.KvKey = ["schema"];

/**
 * The key that says that a journal has all commits since the second copy began.
 * Without it the copy may lag behind.
 */
const JOURNALED_KEY: Deno.KvKey = ["journaled"];

/** Deletions in an atomic, which takes 1,000 mutations in all. */
const REMOVALS_AN_ATOMIC = 900;

/**
 * Bytes that an atomic writes beside its values: the head, the version counter
 * of Deno KV, and the pages of its trees.
 */
const AN_ATOMIC = 5 * PAGE;

/** Blocks fetched at a time by `read`: some 4 MiB. */
const FETCH = 64;

/** Returns the key of a block. */
export function blockKey(schema: number, number: number): Deno.KvKey {
  return ["b", schema, number];
}

/** Blocks in Deno KV. A commit is all or nothing: its last atomic moves the head. */
export class KvBlocks implements CopiedBlocks {
  readonly #kv: OwnKv;
  #head: Head;
  /**
   * The oldest block on disk; those up to the head's first are to be deleted.
   */
  #removed: number;
  written = 0;
  keepFrom = Infinity;
  isJournaled = false;
  rewrite?: (last: number) => void;
  /** Commits under way. */
  #underway = 0;
  #saysJournaled: boolean;

  private constructor(kv: OwnKv, head: Head, saysJournaled: boolean) {
    this.#kv = kv;
    this.#head = head;
    this.#removed = head.first;
    this.#saysJournaled = saysJournaled;
  }

  /**
   * Opens the store in `kv`, which must be empty or of the present schema, and
   * removes the leftovers of a torn commit. `path` is the file of `kv`, which a
   * failing connection is opened again from.
   */
  static async open(
    kv: Deno.Kv,
    path: string | null = null,
  ): Promise<KvBlocks> {
    const own = await OwnKv.open(kv, path);
    const journaled = await kv.get(JOURNALED_KEY);
    const blocks = new KvBlocks(
      own,
      own.head === null ? EMPTY : decodeHead(own.head),
      journaled.value !== null,
    );
    try {
      await blocks.#removeLeftovers();
    } catch (error) {
      if (error instanceof StoreError) throw error;
      // Without space the leftovers stay: they are no part of the log, and soon
      // overwritten.
    }
    return blocks;
  }

  get head(): Head {
    return this.#head;
  }

  /** Whether a journal had all commits when the store was opened. */
  get wasJournaled(): boolean {
    return this.#saysJournaled;
  }

  async read(
    each: (block: Block) => void | Promise<void>,
    { first, last }: Head = this.#head,
  ): Promise<void> {
    let number = first;
    const selector = {
      start: blockKey(SCHEMA, number),
      end: blockKey(SCHEMA, last + 1),
    };
    if (number <= last) {
      const list = this.#kv.reader.list<Uint8Array>(selector, {
        batchSize: FETCH,
      });
      for (;;) {
        const { done, value: entry } = await list.next().catch(unreadable);
        if (done) break;
        const { key, value } = entry;
        if (key[2] !== number || !(value instanceof Uint8Array)) break;
        const waiting = each({ number, bytes: value });
        if (waiting !== undefined) await waiting;
        number++;
      }
    }
    if (number <= last) {
      // Another broker may have the store open and have deleted the block.
      await this.#kv.check();
      throw new StoreError("corrupt", `block ${number} is missing`);
    }
  }

  async commit(commit: Commit): Promise<void> {
    this.#underway++;
    try {
      await this.#commit(commit);
    } finally {
      this.#underway--;
    }
  }

  async #commit({ head, blocks }: Commit): Promise<void> {
    let at = 0;
    for (const { bytes } of blocks) this.written += wholePages(bytes.length);
    // Blocks beyond the head are no part of the log until the head moves.
    for (; at + BLOCKS_AN_ATOMIC < blocks.length; at += BLOCKS_AN_ATOMIC) {
      this.written += AN_ATOMIC;
      await this.#kv.write((atomic) => {
        for (const block of blocks.slice(at, at + BLOCKS_AN_ATOMIC)) {
          atomic.set(blockKey(SCHEMA, block.number), block.bytes);
        }
      });
    }
    const { isJournaled } = this;
    // The next commits delete the rest.
    const removed = Math.max(
      this.#removed,
      Math.min(
        head.first,
        this.keepFrom,
        this.#removed + REMOVALS_AN_ATOMIC,
      ),
    );
    this.written += AN_ATOMIC;
    await this.#kv.write((atomic) => {
      if (this.#head.commit === 0) {
        atomic.set(SCHEMA_KEY, Uint8Array.of(SCHEMA));
      }
      if (isJournaled !== this.#saysJournaled) {
        if (isJournaled) atomic.set(JOURNALED_KEY, Uint8Array.of(1));
        else atomic.delete(JOURNALED_KEY);
      }
      for (const { number, bytes } of blocks.slice(at)) {
        atomic.set(blockKey(SCHEMA, number), bytes);
      }
      for (let number = this.#removed; number < removed; number++) {
        atomic.delete(blockKey(SCHEMA, number));
      }
    }, encodeHead(head));
    this.#head = head;
    this.#removed = removed;
    this.#saysJournaled = isJournaled;
  }

  async mend(blocks: readonly Block[]): Promise<void> {
    for (let at = 0; at < blocks.length; at += BLOCKS_AN_ATOMIC) {
      const some = blocks.slice(at, at + BLOCKS_AN_ATOMIC);
      this.written += AN_ATOMIC;
      await this.#kv.write((atomic) => {
        for (const { number, bytes } of some) {
          // The block may have been deleted since it was read.
          if (number < this.#removed || number > this.#head.last) continue;
          atomic.set(blockKey(SCHEMA, number), bytes);
        }
      });
    }
  }

  async scrub(pause: () => Promise<void>): Promise<string | null> {
    const { scrubBlocks } = await import("../blocks/scrub.ts");
    // A commit under way may delete blocks of the present head.
    while (this.#underway > 0) await pause();
    const head = this.#head;
    this.keepFrom = head.first;
    try {
      const { rewrite } = this;
      return await scrubBlocks(this, head, { copies: [], pause, rewrite });
    } finally {
      this.keepFrom = Infinity;
    }
  }

  close(): Promise<void> {
    this.#kv.close();
    return Promise.resolve();
  }

  /**
   * Removes blocks outside of the head's range. They may belong to a commit
   * that another broker has under way, which must fail then.
   */
  async #removeLeftovers(): Promise<void> {
    if ((await this.#leftovers()).length === 0) return;
    await this.#kv.claim();
    const keys = await this.#leftovers();
    for (let at = 0; at < keys.length; at += REMOVALS_AN_ATOMIC) {
      await this.#kv.write((atomic) => {
        for (const key of keys.slice(at, at + REMOVALS_AN_ATOMIC)) {
          atomic.delete(key);
        }
      });
    }
  }

  async #leftovers(): Promise<Deno.KvKey[]> {
    const { first, last } = this.#head;
    const prefix = ["b", SCHEMA];
    const selectors: Deno.KvListSelector[] = [
      { prefix, end: blockKey(SCHEMA, first) },
      { prefix, start: blockKey(SCHEMA, last + 1) },
    ];
    for (let old = 1; old < SCHEMA; old++) {
      selectors.push({ prefix: ["b", old] });
    }
    const keys: Deno.KvKey[] = [];
    for (const selector of selectors) {
      for await (const { key } of this.#kv.reader.list(selector)) {
        keys.push(key);
      }
    }
    return keys;
  }
}

/**
 * The file was verified at the start, so a read error proves no damage. The
 * next start verifies it again.
 */
function unreadable(error: Error): never {
  const text = oneLine(error.message);
  throw new StoreError(
    "failing",
    `the store cannot be read: ${text}`,
    error,
    todoFor(text),
  );
}
