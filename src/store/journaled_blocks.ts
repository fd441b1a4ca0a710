import type { Cancel, Clock } from "../clock/mod.ts";
import type { Block } from "./block.ts";
import type { Blocks, Commit, Head } from "./blocks.ts";
import { findCopies, journalPath, removeOldCopies } from "./copies.ts";
import { Journal } from "./journal.ts";
import type { KvBlocks } from "./kv_blocks.ts";
import { lastJournaled } from "./recovery.ts";
import { writeSnapshot } from "./snapshot.ts";

/** A journal longer than this, and than the store, is time for a snapshot. */
const LONG_JOURNAL = 64 * 1024 * 1024;

/** A snapshot that failed is tried again after this, ms. */
const RETRY = 60_000;

/** How the second copy is kept. */
export interface JournalOptions {
  /** The store's file. */
  readonly path: string;
  /** A snapshot is made so often, ms. */
  readonly snapshotInterval: number;
  /** Is told when a snapshot could not be made; it is tried again. */
  readonly failed?: (error: unknown) => void;
}

/**
 * Blocks of which there is a second copy: a commit is in a journal, and the
 * journal on disk, before it goes to the store. At each snapshot a new journal
 * begins. Two snapshots are kept, so that a damaged one loses nothing.
 */
export class JournaledBlocks implements Blocks {
  readonly #blocks: KvBlocks;
  readonly #clock: Clock;
  readonly #options: JournalOptions;
  #journal: Journal;
  /** Where the journal is. */
  #path: string;
  #journaled: number;
  #timer: Cancel | null = null;
  #snapshot: Promise<void> | null = null;
  #isDue = false;
  #closed = false;

  private constructor(
    blocks: KvBlocks,
    clock: Clock,
    options: JournalOptions,
    journal: Journal,
  ) {
    this.#blocks = blocks;
    this.#clock = clock;
    this.#options = options;
    this.#journal = journal;
    this.#journaled = blocks.head.commit;
    this.#path = journalPath(options.path, this.#journaled);
  }

  /**
   * Begins a journal that goes on where `blocks` stands. When the copies there
   * are do not reach that far, or there are none, a snapshot is made at once.
   */
  static async open(
    blocks: KvBlocks,
    clock: Clock,
    options: JournalOptions,
  ): Promise<JournaledBlocks> {
    const { path } = options;
    const { commit } = blocks.head;
    const { snapshots } = await findCopies(path);
    const reaches = commit === 0 || snapshots[0]?.commit === commit ||
      (await lastJournaled(path) >= commit);
    const journal = await Journal.create(journalPath(path, commit));
    const made = new JournaledBlocks(blocks, clock, options, journal);
    if (reaches) made.#wait();
    else await made.snapshot();
    return made;
  }

  get head(): Head {
    return this.#blocks.head;
  }

  read(each: (block: Block) => void | Promise<void>): Promise<void> {
    return this.#blocks.read(each);
  }

  async commit(commit: Commit): Promise<void> {
    const { head } = commit;
    // Tried again after the store failed, it is in the journal already.
    if (this.#journaled < head.commit) {
      if (this.#isDue || this.#journal.length > this.#longest()) {
        await this.#begin();
      }
      await this.#journal.append(commit);
      this.#journaled = head.commit;
    }
    await this.#blocks.commit(commit);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.();
    await this.#snapshot;
    this.#journal.close();
    await this.#blocks.close();
  }

  /** Makes a snapshot now; resolves when it is complete. */
  async snapshot(): Promise<void> {
    await this.#begin();
    await this.#snapshot;
  }

  #longest(): number {
    const { first, last } = this.#blocks.head;
    return Math.max(LONG_JOURNAL, (last - first + 1) * 65536);
  }

  /** Without a commit nothing changes, so the snapshot waits for the next. */
  #wait(ms = this.#options.snapshotInterval): void {
    this.#isDue = false;
    if (this.#closed) return;
    this.#timer = this.#clock.after(ms, () => {
      this.#isDue = true;
    });
  }

  /** Begins a journal and a snapshot at the present head. */
  async #begin(): Promise<void> {
    if (this.#snapshot !== null) return;
    this.#timer?.();
    this.#isDue = false;
    const { head } = this.#blocks;
    const path = journalPath(this.#options.path, head.commit);
    // The one that was begun here already has nothing in it yet.
    if (path !== this.#path) {
      const next = await Journal.create(path);
      this.#journal.close();
      this.#journal = next;
      this.#path = path;
    }
    this.#snapshot = this.#write(head);
  }

  /** Copies the blocks of `head`, which stay on disk until that is done. */
  async #write(head: Head): Promise<void> {
    const { path, failed } = this.#options;
    this.#blocks.keepFrom = head.first;
    let pause: number | undefined;
    try {
      await writeSnapshot(path, head, (each) =>
        this.#blocks.read((block) => {
          if (this.#closed) throw new Error("the store is being closed");
          return each(block);
        }, head));
      await removeOldCopies(path);
    } catch (error) {
      if (!this.#closed) failed?.(error);
      pause = Math.min(RETRY, this.#options.snapshotInterval);
    } finally {
      this.#blocks.keepFrom = Infinity;
      this.#snapshot = null;
      this.#wait(pause);
    }
  }
}
