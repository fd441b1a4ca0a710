import type { DatabaseSync } from "node:sqlite";
import { type Block, checkBlock, checkEnd } from "../blocks/block.ts";
import type { Finds, Range } from "../blocks/block_pool.ts";
import { EMPTY, type Head } from "../blocks/blocks.ts";
import { decodeHead } from "../blocks/head_record.ts";
import { checkFormat, checkLayout, checkRow, IS_OURS } from "./kv_layout.ts";
import { convertBlock } from "../blocks/old_schemas.ts";
import { isDamage, oneLine, openFault } from "../base/open_fault.ts";
import { SCHEMA } from "../base/schema.ts";
import { StoreError } from "../base/store_error.ts";
import { nextTurn } from "../base/next_turn.ts";

/** Blocks summed before sockets get their turn: some 16 MiB. */
const SLICE = 256;

/**
 * SQLite's findings for pages of the file that it could not read. They prove no
 * damage; 11 is the code for damage.
 */
const UNREAD =
  /failed to get page \d+|unable to get the page\. error code=(?!11\b)/;

/** `JOURNALED_KEY` as Deno KV encodes it. */
export const JOURNALED: Uint8Array = key("journaled");

/** `HEAD_KEY` as Deno KV encodes it. */
export const HEAD: Uint8Array = key("head");

/**
 * The file of a store, read without Deno KV: Deno KV ends the process when it
 * opens some kinds of damage, so the file is checked first. A broker may have
 * the file open.
 */
export class KvFile {
  readonly #database: DatabaseSync;
  readonly #path: string;

  private constructor(database: DatabaseSync, path: string) {
    this.#database = database;
    this.#path = path;
  }

  /** Opens the file for reading. Throws `StoreError`. */
  static async open(path: string): Promise<KvFile> {
    try {
      await checkFormat(path);
    } catch (error) {
      throw openFault(error, path, "read");
    }
    // A broker that stores nothing never loads SQLite.
    const sqlite = await import("node:sqlite");
    const open = (readOnly: boolean, pragma: string) => {
      const database = new sqlite.DatabaseSync(path, { readOnly });
      try {
        database.exec(`PRAGMA ${pragma}`);
        database.prepare("SELECT count(*) FROM sqlite_master").get();
      } catch (error) {
        database.close();
        throw error;
      }
      return new KvFile(database, path);
    };
    return orFault(path, () => {
      try {
        return open(true, "busy_timeout = 5000");
      } catch (error) {
        if (isDamage(error)) throw error;
        try {
          // A full disk has no room for the index that readers share. A program
          // that has the file alone keeps it in memory.
          return open(false, "locking_mode = EXCLUSIVE");
        } catch {
          throw error;
        }
      }
    });
  }

  /**
   * Throws `StoreError` `corrupt` when SQLite finds damage, or the tables would
   * fail in Deno KV. The index counts, too: Deno KV deletes expired rows by it.
   */
  check(): void {
    orFault(this.#path, () => {
      const rows = this.#database.prepare("PRAGMA integrity_check(1)").all();
      const verdict = String(rows[0]?.integrity_check ?? "no answer");
      if (UNREAD.test(verdict)) {
        throw new Error(`disk I/O error: ${oneLine(verdict)}`);
      }
      if (verdict !== "ok") {
        throw new StoreError("corrupt", `SQLite finds: ${oneLine(verdict)}`);
      }
      checkLayout(this.#database);
    });
  }

  /**
   * Makes all later reads see the present state, also while a broker writes.
   */
  hold(): void {
    orFault(this.#path, () => this.#database.exec("BEGIN"));
  }

  /** The schema of the store; 0 = an empty store. */
  get schema(): number {
    const head = this.#value("head");
    const schema = this.#value("schema");
    if (schema !== null) return this.#known(schema, head);
    // Schema 1 had no number.
    return head === null ? 0 : 1;
  }

  /** Whether a journal has all recent commits. */
  get isJournaled(): boolean {
    return this.#value("journaled") !== null;
  }

  /** The head; `EMPTY` for an empty store. */
  get head(): Head {
    const value = this.#value("head");
    return value === null ? EMPTY : decodeHead(value);
  }

  /** Yields the blocks of `head`, stored under `schema`, in their order. */
  *blocks(schema: number, head: Head): Generator<Block> {
    let number = head.first;
    if (number > head.last) return;
    const rows = this.#database.prepare(
      `SELECT v, ${IS_OURS} FROM kv WHERE k >= ? AND k <= ? ORDER BY k`,
    ).iterate(key("b", schema, head.first), key("b", schema, head.last));
    for (const row of rows) {
      checkRow(row, `block ${number}`);
      yield { number, bytes: row.v as Uint8Array };
      number++;
    }
    if (number <= head.last) {
      throw new StoreError("corrupt", `block ${number} is missing`);
    }
  }

  /**
   * Checks the sums of all blocks, and that each continues the one before.
   * Throws `StoreError` `corrupt`.
   */
  async checkBlocks(schema: number): Promise<void> {
    const { head } = this;
    const blocks = orFault(this.#path, () => this.blocks(schema, head));
    for (let count = 1, sum = 0;; count++) {
      const next = orFault(this.#path, () => blocks.next());
      if (next.done) return checkEnd(sum, head);
      const { number, bytes } = next.value;
      if (schema === SCHEMA) sum = checkBlock(next.value, sum);
      else convertBlock(bytes, number, schema);
      if (count % SLICE !== 0) continue;
      await nextTurn();
    }
  }

  /**
   * Hands over the head and the blocks of the present schema in `range`; skips
   * what cannot be read.
   */
  async salvage(finds: Finds, range: Range): Promise<void> {
    const head = orNull(() => this.head);
    if (head !== null) finds.head(head, false);
    const first = Math.min(range.first, head?.first ?? Infinity);
    const last = Math.max(range.last, head?.last ?? 0);
    const row = orNull(() =>
      this.#database.prepare("SELECT v FROM kv WHERE k = ?")
    );
    if (row === null) return;
    // One query a block: a damaged page ends a query for all blocks.
    for (let number = first; number <= last; number++) {
      const found = orNull(() => row.get(key("b", SCHEMA, number)));
      if (!(found?.v instanceof Uint8Array)) continue;
      await finds.block({ number, bytes: found.v });
    }
  }

  /** Writes the present state of the store to a new file. */
  copyTo(file: string): void {
    this.#database.prepare("VACUUM INTO ?").run(file);
  }

  /** Closes the file. */
  close(): void {
    this.#database.close();
  }

  /**
   * The schema's number has no sum. A number that is too high, above blocks of
   * the present schema and none of its own, is damage and no later version.
   */
  #known(mark: Uint8Array, head: Uint8Array | null): number {
    const schema = mark.length === 1 ? mark[0] : 0;
    const isOurs = schema >= 1 && schema <= SCHEMA;
    if (isOurs || (schema > 0 && !this.#has(SCHEMA)) || this.#has(schema)) {
      return schema;
    }
    // The head has its schema and a sum.
    if (head !== null) decodeHead(head);
    throw new StoreError("corrupt", "the schema number is damaged");
  }

  /** Returns whether there are blocks of `schema`. */
  #has(schema: number): boolean {
    const row = orFault(
      this.#path,
      () =>
        this.#database.prepare(
          "SELECT 1 FROM kv WHERE k >= ? AND k < ? LIMIT 1",
        )
          .get(key("b", schema), key("b", schema + 1)),
    );
    return row !== undefined;
  }

  #value(name: string): Uint8Array | null {
    return orFault(this.#path, () => {
      const tables = this.#database.prepare(
        "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'kv'",
      ).get();
      if (tables === undefined) return null;
      const row = this.#database.prepare(
        `SELECT v, ${IS_OURS} FROM kv WHERE k = ?`,
      ).get(key(name));
      if (row === undefined) return null;
      checkRow(row, `"${name}"`);
      return row.v as Uint8Array;
    });
  }
}

/** Returns a key as Deno KV encodes it. */
function key(...parts: (string | number)[]): Uint8Array {
  const bytes: number[] = [];
  const double = new DataView(new ArrayBuffer(8));
  for (const part of parts) {
    if (typeof part === "string") {
      bytes.push(2, ...new TextEncoder().encode(part), 0);
      continue;
    }
    // Inverts the sign bit, so that bytes sort as numbers do.
    double.setFloat64(0, part);
    double.setUint8(0, double.getUint8(0) ^ 0x80);
    bytes.push(0x21, ...new Uint8Array(double.buffer));
  }
  return Uint8Array.from(bytes);
}

/** Returns the result of `look`; null when it throws. */
function orNull<T>(look: () => T): T | null {
  try {
    return look();
  } catch {
    return null;
  }
}

/** Runs `look`; turns errors of SQLite into a `StoreError`. */
function orFault<T>(path: string, look: () => T): T {
  try {
    return look();
  } catch (error) {
    throw openFault(error, path, "read");
  }
}
