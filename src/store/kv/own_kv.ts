import { exists } from "../files/files.ts";
import { isFull } from "../base/open_fault.ts";
import { StoreError } from "../base/store_error.ts";
import { systemFiles } from "../files/system_files.ts";

/** The key of the head. */
export const HEAD_KEY: Deno.KvKey = ["head"];

/** A key without a value: deleting it writes, and changes nothing. */
export const NOTHING_KEY: Deno.KvKey = ["nothing"];

/** Waits for another program's transaction before a write counts as failed. */
const WAITS = 10;

/** Failures in a row after which the file is opened again. */
const REOPENING = 3;

/** The pages that Deno KV reads when it opens a file. */
const OPENING = [
  "SELECT max(version) FROM migration_state",
  "SELECT max(version) FROM data_version",
  "SELECT min(ts) FROM queue",
  "SELECT id FROM queue LIMIT 1",
  "SELECT min(deadline) FROM queue_running",
  "SELECT id FROM queue_running LIMIT 1",
  "SELECT k FROM kv WHERE expiration_ms BETWEEN 0 AND 1 LIMIT 1",
];

/**
 * A Deno KV with one writer. Each atomic succeeds only while the head is the
 * one that this broker wrote last. A removed lock file, or a second path to the
 * same file, lets another broker in; one of them must stop before it
 * acknowledges what the other overwrites.
 *
 * A connection that keeps failing is opened again: after a disk error or a new
 * mount it may fail for good, although the file can be written.
 */
export class OwnKv {
  #kv: Deno.Kv;
  /** Null for a database that cannot be opened again. */
  readonly #path: string | null;
  /** The head that this broker wrote last, and its version. */
  #head: Uint8Array | null = null;
  #stamp: string | null = null;
  /** The head of a write whose result is unknown. */
  #tried: Uint8Array | null = null;
  #failures = 0;

  private constructor(kv: Deno.Kv, path: string | null) {
    this.#kv = kv;
    this.#path = path;
  }

  /** Takes over `kv`; `path` is its file. */
  static async open(kv: Deno.Kv, path: string | null): Promise<OwnKv> {
    const own = new OwnKv(kv, path);
    const { value, versionstamp } = await kv.get<Uint8Array>(HEAD_KEY);
    own.#head = value;
    own.#stamp = versionstamp;
    return own;
  }

  /** The head as bytes; null for an empty store. */
  get head(): Uint8Array | null {
    return this.#head;
  }

  /** The database, for reading. */
  get reader(): Deno.Kv {
    return this.#kv;
  }

  /**
   * Commits the mutations of `change`, and `head` with them. A rejected write
   * may be tried again.
   *
   * @throws {StoreError} `taken` when another broker has moved the head.
   */
  async write(
    change: (atomic: Deno.AtomicOperation) => void,
    head: Uint8Array | null = null,
  ): Promise<void> {
    if (this.#failures >= REOPENING) await this.#reopen();
    this.#tried = head ?? this.#tried;
    const result = await this.#counted(() => this.#commit(change, head));
    if (!result.ok) {
      // A write that was reported as failed may have succeeded.
      this.#goOn(await this.#counted(() => this.#kv.get(HEAD_KEY)));
      return await this.write(change, head);
    }
    if (head === null) return;
    this.#tried = null;
    this.#head = head;
    this.#stamp = result.versionstamp;
  }

  /**
   * Takes the store from another broker that has it open, if the head is
   * unchanged.
   */
  async claim(): Promise<void> {
    if (this.#head !== null) await this.write(() => {}, this.#head);
  }

  /** Throws `StoreError` `taken` when another broker has moved the head. */
  async check(): Promise<void> {
    const { value } = await this.#kv.get<Uint8Array>(HEAD_KEY);
    // A write of this broker may have succeeded meanwhile.
    if (areSame(value, this.#head) || areSame(value, this.#tried)) return;
    throw taken();
  }

  /** Closes the file. */
  close(): void {
    this.#kv.close();
  }

  async #commit(
    change: (atomic: Deno.AtomicOperation) => void,
    head: Uint8Array | null,
    waits = 0,
  ): Promise<Deno.KvCommitResult | Deno.KvCommitError> {
    const atomic = this.#kv.atomic()
      .check({ key: HEAD_KEY, versionstamp: this.#stamp });
    if (head !== null) atomic.set(HEAD_KEY, head);
    change(atomic);
    try {
      return await atomic.commit();
    } catch (error) {
      const { message } = error as Error;
      if (waits === WAITS || !/database is locked/.test(message)) throw error;
      // SQLite waits for a lock only in transactions that begin with a write. A
      // check begins with a read, and fails at once.
      await this.#kv.delete(NOTHING_KEY);
      return await this.#commit(change, head, waits + 1);
    }
  }

  /** Runs `work` and counts its failures, except those of a full disk. */
  async #counted<T>(work: () => Promise<T>): Promise<T> {
    try {
      const result = await work();
      this.#failures = 0;
      return result;
    } catch (error) {
      if (!isFull((error as Error).message)) this.#failures++;
      throw error;
    }
  }

  async #reopen(): Promise<void> {
    this.#failures = 0;
    if (this.#path === null) return;
    // Deno KV would create a new file, for example after an unmount.
    if (!await exists(systemFiles, this.#path)) {
      throw new StoreError("failing", `the file ${this.#path} is gone`);
    }
    await readOpening(this.#path);
    const kv = await Deno.openKv(this.#path);
    try {
      this.#goOn(await kv.get<Uint8Array>(HEAD_KEY));
    } catch (error) {
      kv.close();
      throw error;
    }
    this.#kv.close();
    this.#kv = kv;
  }

  /** Continues from the head on disk, if this broker wrote it. */
  #goOn({ value, versionstamp }: Deno.KvEntryMaybe<Uint8Array>): void {
    const isKnown = versionstamp === this.#stamp && areSame(value, this.#head);
    if (isKnown) return;
    // The same head with another version: another broker claimed the store.
    if (this.#tried === null || !areSame(value, this.#tried)) throw taken();
    this.#head = value;
    this.#stamp = versionstamp;
  }
}

/**
 * Reads what Deno KV reads when it opens the file at `path`. An error in Deno
 * KV would end the process.
 */
export async function readOpening(path: string): Promise<void> {
  const sqlite = await import("node:sqlite");
  const database = new sqlite.DatabaseSync(path, { readOnly: true });
  try {
    // No waiting: this thread serves clients.
    database.exec("PRAGMA busy_timeout = 0");
    for (const sql of OPENING) database.prepare(sql).get();
  } finally {
    database.close();
  }
}

function taken(): StoreError {
  return new StoreError(
    "taken",
    "another program writes to the store: the file or its lock was moved or " +
      "removed, or the file has a second path",
  );
}

function areSame(a: Uint8Array | null, b: Uint8Array | null): boolean {
  if (a === null || b === null || a.length !== b.length) return a === b;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}
