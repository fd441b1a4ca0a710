import { exists } from "../base/files.ts";
import { isFull } from "../base/open_fault.ts";
import { StoreError } from "../base/store_error.ts";
import { systemFiles } from "../base/system_files.ts";

/** Under this the head is found. */
export const HEAD_KEY: Deno.KvKey = ["head"];

/** A key without a value: deleting it writes, and changes nothing. */
export const NOTHING_KEY: Deno.KvKey = ["nothing"];

/** Waits for another program's transaction before a write counts as failed. */
const WAITS = 10;

/** Failures in a row after which the file is opened anew. */
const REOPENING = 3;

/**
 * A Deno KV that one broker writes to. Each atomic holds only while the head is
 * the one that this broker wrote last: a lock file that was removed, or a second
 * path to the same file, lets another broker in, and one of both has to stop
 * before it acknowledges what the other overwrites.
 *
 * A connection that keeps failing is opened anew: after an error of the disk or
 * a new mount it may fail for ever, although the file can be written again.
 */
export class OwnKv {
  #kv: Deno.Kv;
  /** Null for one that cannot be opened anew. */
  readonly #path: string | null;
  /** The head as this broker knows it, and the version it has there. */
  #head: Uint8Array | null = null;
  #stamp: string | null = null;
  /** The head of a try whose end is not known. */
  #tried: Uint8Array | null = null;
  #failures = 0;

  private constructor(kv: Deno.Kv, path: string | null) {
    this.#kv = kv;
    this.#path = path;
  }

  /** `kv` belongs to it from now on; `path` is the file of it. */
  static async open(kv: Deno.Kv, path: string | null): Promise<OwnKv> {
    const own = new OwnKv(kv, path);
    const { value, versionstamp } = await kv.get<Uint8Array>(HEAD_KEY);
    own.#head = value;
    own.#stamp = versionstamp;
    return own;
  }

  /** The head, as bytes; null when nothing was ever stored. */
  get head(): Uint8Array | null {
    return this.#head;
  }

  /** The database, to read. */
  get reader(): Deno.Kv {
    return this.#kv;
  }

  /**
   * Makes what `change` puts into an atomic last, and `head` with it. It may be
   * tried again after it was rejected.
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
      // A try that was reported as failed may have worked all the same.
      this.#goOn(await this.#counted(() => this.#kv.get(HEAD_KEY)));
      return await this.write(change, head);
    }
    if (head === null) return;
    this.#tried = null;
    this.#head = head;
    this.#stamp = result.versionstamp;
  }

  /**
   * Makes another broker that has the store open lose it, if the head is still
   * as it was read.
   */
  async claim(): Promise<void> {
    if (this.#head !== null) await this.write(() => {}, this.#head);
  }

  /** Throws `StoreError` `taken` when another broker has moved the head. */
  async check(): Promise<void> {
    const { value } = await this.#kv.get<Uint8Array>(HEAD_KEY);
    // A write of this broker may have come through meanwhile.
    if (areSame(value, this.#head) || areSame(value, this.#tried)) return;
    throw taken();
  }

  /** Lets go of the file. */
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
      // SQLite waits for a lock only where a transaction begins with a write.
      // With a check it begins with a read, and fails at once.
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
    // Deno KV would make a new one, as where a disk is no longer mounted.
    if (!await exists(systemFiles, this.#path)) {
      throw new StoreError("failing", `the file ${this.#path} is gone`);
    }
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

  /** Goes on from the head that is there, if this broker wrote it. */
  #goOn({ value, versionstamp }: Deno.KvEntryMaybe<Uint8Array>): void {
    const isKnown = versionstamp === this.#stamp && areSame(value, this.#head);
    if (isKnown) return;
    // The same head in another version: another broker claimed the store.
    if (this.#tried === null || !areSame(value, this.#tried)) throw taken();
    this.#head = value;
    this.#stamp = versionstamp;
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
