import type { Cancel, Clock } from "../../clock/mod.ts";
import type { Block } from "../blocks/block.ts";
import type { Blocks, Commit, CopiedBlocks, Head } from "../blocks/blocks.ts";
import {
  allOf,
  type Copy,
  endCopies,
  findCopies,
  journalPath,
  removeOldCopies,
  type Renewal,
  snapshotPath,
} from "./copies.ts";
import type { Files } from "../base/files.ts";
import { Journal } from "./journal.ts";
import { writeSnapshot } from "./snapshot.ts";
import type { Space } from "../space/space.ts";
import { isCorrupt, isTaken } from "../base/store_error.ts";

/** A journal longer than this, and than the store, is time for a snapshot. */
const LONG_JOURNAL = 64 * 1024 * 1024;

/** So many journals of earlier runs are time for one as well. */
const MANY_JOURNALS = 24;

/** Copies may take so many times the store, and bytes more, on a full disk. */
const TIGHT_COPIES = 3;
const TIGHT_SLACK = 1024 * 1024;

/** A snapshot that failed is tried again after this, ms. */
const RETRY = 60_000;

const ENOUGH_SPACE = { diskRoom: Infinity, free: Infinity };

/** How the second copy is kept. */
export interface JournalOptions {
  /** Where journals and snapshots are written. */
  readonly files: Files;
  /** The store's file. */
  readonly path: string;
  /** A snapshot is made so often, ms. */
  readonly snapshotInterval: number;
  /** Set when the copies there are will not do: one is made at once. */
  readonly renewal?: Renewal | null;
  /**
   * Is told why no snapshot can be made, and null once one was: it is tried
   * again until then.
   */
  readonly told?: (trouble: string | null) => void;
  /**
   * Receives the damage that a snapshot met and mended; null once a later
   * snapshot has read all blocks and found them whole.
   */
  readonly damage?: (found: string | null) => void;
  /**
   * The space on the disk, whatever bound the store has: copies count in none.
   *
   * @default there is enough
   */
  readonly space?: Pick<Space, "free" | "diskRoom">;
}

/**
 * Blocks of which there is a second copy: a commit is in a journal, and the
 * journal on disk, before it goes to the store. At each snapshot a new journal
 * begins. Two snapshots are kept, so that a damaged one loses nothing.
 */
export class JournaledBlocks implements Blocks {
  readonly #blocks: CopiedBlocks;
  readonly #clock: Clock;
  readonly #options: JournalOptions;
  /** Null until the first one begins. */
  #journal: Journal | null = null;
  /** Where the journal is. */
  #path = "";
  #timer: Cancel | null = null;
  #beginning: Promise<void> | null = null;
  /** Whether the journal was begun for a snapshot that has yet to be made. */
  #isBegun = false;
  /** A snapshot or a scrub: one at a time keeps the blocks of a head. */
  #reading: Promise<void> | null = null;
  #isDue = false;
  /** Earlier runs have left so many journals that a snapshot is due. */
  #hasMany = false;
  /** No snapshot is begun before the timer says so. */
  #rests = false;
  #commits = 0;
  /** Bytes of snapshots and journals that are finished. */
  #copied = 0;
  /** Bytes in the journals of earlier runs. */
  #carried = 0;
  /** Bytes in all copies but the journal that is being written. */
  #kept = 0;
  /** Bytes that the snapshot being written takes. */
  #underway = 0;
  /** Bytes of the log as of the last commit. */
  #stored = Infinity;
  /** The commit of which there is a snapshot of this run. */
  #snapshotOf = -1;
  /** Whether no snapshot was begun for want of space. */
  #isCramped = false;
  #trouble: string | null = null;
  /** Whether damage was reported that no snapshot has found gone. */
  #isDamaged = false;
  #renewal: Renewal | null;
  /** Journals begun by this process: they go on from where the store stands. */
  readonly #own = new Set<string>();
  #isOpen = false;
  #closed = false;
  rewrite?: (last: number) => void;

  private constructor(
    blocks: CopiedBlocks,
    clock: Clock,
    options: JournalOptions,
  ) {
    this.#blocks = blocks;
    this.#clock = clock;
    this.#options = options;
    this.#renewal = options.renewal ?? null;
    blocks.isJournaled = true;
  }

  /** Begins a journal that goes on where `blocks` stands. */
  static async open(
    blocks: CopiedBlocks,
    clock: Clock,
    options: JournalOptions,
  ): Promise<JournaledBlocks> {
    const made = new JournaledBlocks(blocks, clock, options);
    try {
      // Before the journal: that may take the name of one that is to be kept.
      if (made.#renewal !== null) await made.#write(blocks.head);
      else await made.#takeOver();
      await made.#beginJournal();
      made.#isBegun = made.#renewal !== null;
    } catch (error) {
      // A timer of it would replace the journal of the next one.
      made.#end();
      throw error;
    }
    made.#isOpen = true;
    if (made.#trouble !== null) options.told?.(made.#trouble);
    return made;
  }

  get head(): Head {
    return this.#blocks.head;
  }

  get written(): number {
    return this.#blocks.written + this.#copied + (this.#journal?.written ?? 0);
  }

  get copied(): number {
    return this.#kept + this.#underway + (this.#journal?.length ?? 0);
  }

  read(each: (block: Block) => void | Promise<void>): Promise<void> {
    return this.#blocks.read(each);
  }

  async commit(commit: Commit): Promise<void> {
    const { head } = commit;
    this.#commits++;
    try {
      await this.#beginning;
      // Tried again after the store failed, it is in the journal already.
      if (this.#journal!.last < head.commit) {
        if (this.#isWorth(commit) && (this.#isDue || this.#isLong)) {
          await this.#beginDue();
        }
        // An unsound one may lose what it takes from now on.
        if (!this.#journal!.isSound) await this.#beginJournal();
        await this.#journal!.append(commit);
      }
      await this.#blocks.commit(commit);
    } catch (error) {
      // Another broker goes on from the commit before: this one must not come
      // back when the store is built anew.
      if (isTaken(error)) await this.#journal!.takeBack().catch(() => {});
      throw error;
    } finally {
      this.#commits--;
    }
  }

  /** Two snapshots in a row give back all that was in the copies before. */
  tighten(stored: number): boolean {
    this.#stored = stored;
    const isBusy = this.#closed || this.#commits > 0 ||
      this.#beginning !== null || this.#reading !== null ||
      (this.#rests && !this.#isCramped);
    const copies = this.#kept + this.#journal!.length;
    if (isBusy || copies <= TIGHT_COPIES * stored + TIGHT_SLACK) return false;
    const { diskRoom, free } = this.#options.space ?? ENOUGH_SPACE;
    if (diskRoom >= copies || free < 2 * stored) return false;
    if (this.#blocks.head.commit === this.#snapshotOf) return true;
    this.#beginning = this.#begin().finally(() => this.#beginning = null);
    return false;
  }

  async close(): Promise<void> {
    this.#end();
    await this.#beginning;
    await this.#reading;
    this.#journal?.close();
    await this.#blocks.close();
  }

  /** Stops the timer for good. */
  #end(): void {
    this.#closed = true;
    this.#timer?.();
  }

  /**
   * Goes on with the copies there are. Runs that are shorter than the interval
   * would else leave journals without end.
   */
  async #takeOver(): Promise<void> {
    this.#wait();
    const { files, path } = this.#options;
    const copies = await findCopies(files, path);
    const { journals } = copies;
    this.#carried = await this.#sizeOf(journals);
    this.#kept = await this.#sizeOf(allOf(copies));
    this.#hasMany = journals.length >= MANY_JOURNALS;
    if (this.#hasMany) this.#isDue = true;
  }

  async #sizeOf(copies: readonly Copy[]): Promise<number> {
    let bytes = 0;
    for (const { path } of copies) {
      bytes += await this.#options.files.size(path) ?? 0;
    }
    return bytes;
  }

  /** Bytes of the blocks at most. */
  get #most(): number {
    const { first, last } = this.#blocks.head;
    return (last - first + 1) * 65536;
  }

  /** Bytes that a snapshot would take; about. */
  get #size(): number {
    return Math.min(this.#most, this.#stored);
  }

  get #isLong(): boolean {
    if (this.#rests) return false;
    const most = Math.max(LONG_JOURNAL, this.#most);
    return this.#carried + this.#journal!.length > most;
  }

  /** Begins a snapshot that is due, unless it would take the last space. */
  async #beginDue(): Promise<void> {
    const { diskRoom } = this.#options.space ?? ENOUGH_SPACE;
    const room = Math.round(diskRoom);
    if (room >= this.#size) return await this.#begin();
    this.#isCramped = true;
    this.#failed(
      new Error(
        `it needs ${this.#size} bytes, and the disk has room for ` +
          `${Math.max(0, room)}`,
      ),
    );
  }

  /** Whether a snapshot that is due comes with `commit`; time alone is none. */
  #isWorth({ head, blocks }: Commit): boolean {
    return blocks.length > 0 || head.first !== this.head.first || this.#hasMany;
  }

  /** Without a commit nothing changes, so the snapshot waits for the next. */
  #wait(): void {
    this.#isDue = this.#rests = this.#hasMany = false;
    this.#timer?.();
    if (this.#closed) return;
    const { snapshotInterval } = this.#options;
    this.#timer = this.#clock.after(snapshotInterval, () => {
      this.#isDue = true;
    });
  }

  /** After a failure it does not: the copy is behind already. */
  #waitAgain(): void {
    this.#isDue = false;
    this.#rests = true;
    this.#timer?.();
    if (this.#closed) return;
    const pause = Math.min(RETRY, this.#options.snapshotInterval);
    this.#timer = this.#clock.after(pause, () => {
      this.#rests = false;
      this.#beginNow();
    });
  }

  /** With the commit that is being made or tried again, at once without one. */
  #beginNow(): void {
    this.#isDue = true;
    if (this.#commits > 0 || this.#closed || this.#isAhead) return;
    this.#beginning ??= this.#beginDue().finally(() => this.#beginning = null);
  }

  /**
   * Whether a commit is in the journal that the store has not taken yet. The
   * next journal would have it, too, and `takeBack` removes it from one only.
   */
  get #isAhead(): boolean {
    return this.#journal !== null &&
      this.#journal.last > this.#blocks.head.commit;
  }

  /** Begins a journal and a snapshot at the present head; does not throw. */
  #begin(): Promise<void> {
    if (this.#reading !== null) return Promise.resolve();
    this.#timer?.();
    this.#isDue = this.#isCramped = false;
    const { head } = this.#blocks;
    // A snapshot that is tried again needs no other: the journal goes on from
    // where the copy before it ends.
    const begun = this.#isBegun && this.#journal!.isSound
      ? Promise.resolve()
      : this.#beginJournal().then(() => {
        this.#isBegun = true;
      });
    // From now on: a scrub that began before the snapshot would share its blocks.
    this.#reading = begun.then(() => this.#write(head), (error) => {
      this.#failed(error);
    }).finally(() => this.#reading = null);
    return begun.catch(() => {});
  }

  /** The one before is complete. */
  async #beginJournal(): Promise<void> {
    const { head } = this.#blocks;
    const path = journalPath(this.#options.path, head.commit);
    const before = this.#journal;
    // One that was begun here already has nothing in it yet.
    if (path === this.#path && before?.isSound) return;
    const next = await Journal.create(this.#options.files, path, head);
    before?.close();
    this.#copied += before?.written ?? 0;
    this.#kept += before?.length ?? 0;
    this.#journal = next;
    this.#path = path;
    this.#own.add(path);
  }

  /**
   * Copies the blocks of `head`, which stay on disk until that is done; does
   * not throw.
   */
  async #write(head: Head): Promise<void> {
    const { files, path } = this.#options;
    // One that a scrub wants from now on needs the next snapshot.
    const renewal = this.#renewal;
    this.#blocks.keepFrom = head.first;
    this.#underway = this.#size;
    try {
      const bytes = await writeSnapshot(
        files,
        path,
        head,
        (each) =>
          this.#blocks.read((block) => {
            if (this.#closed) throw new Error("the store is being closed");
            return each(block);
          }, head),
      );
      this.#copied += bytes;
      await this.#removeOld(head, renewal);
      this.#isBegun = false;
      this.#tell(null);
      this.#wait();
      if (this.#renewal !== null) this.#isDue = true;
      // Without scrubs nothing else would end the alarm.
      if (this.#isDamaged) this.#options.damage?.(null);
      this.#isDamaged = false;
    } catch (error) {
      if (isCorrupt(error)) await this.#mendFor(head);
      this.#failed(error);
    } finally {
      this.#underway = 0;
      this.#blocks.keepFrom = Infinity;
    }
  }

  /** The old copies stay, and the snapshot is tried again. */
  async #mendFor(head: Head): Promise<void> {
    try {
      const found = await this.#mend(head, () => Promise.resolve());
      if (found === null) return;
      this.#isDamaged = true;
      this.#options.damage?.(found);
    } catch {
      // The snapshot tells that it could not be made.
    }
  }

  async #mend(
    head: Head,
    pause: () => Promise<void>,
  ): Promise<string | null> {
    const { files, path } = this.#options;
    const { scrubBlocks } = await import("../blocks/scrub.ts");
    const { copySource } = await import("./salvage.ts");
    const copies = allOf(await findCopies(files, path))
      .map((copy) => copySource(files, copy.path));
    const { rewrite } = this;
    return await scrubBlocks(this.#blocks, head, { copies, pause, rewrite });
  }

  async scrub(pause: () => Promise<void>): Promise<string | null> {
    const { files, path } = this.#options;
    while (this.#reading !== null) await pause();
    const scrub = this.#scrub(pause);
    this.#reading = scrub.then(() => {}, () => {})
      .finally(() => this.#reading = null);
    const found = await scrub;
    await this.#reading;
    // Copies are read beside commits and snapshots: they keep no blocks.
    const { scrubCopies } = await import("./scrub_copies.ts");
    const damaged = await scrubCopies(files, path, pause);
    if (damaged.length === 0) return found;
    this.#renewal ??= { aside: null };
    // The present journal may be one of the damaged copies.
    this.#isBegun = false;
    this.#beginNow();
    const copies = `the second copy was damaged (${damaged.join(", ")}); the ` +
      "broker makes a new one";
    return found === null ? copies : `${found}; ${copies}`;
  }

  async #scrub(pause: () => Promise<void>): Promise<string | null> {
    // A commit that is under way may remove blocks of the head of now.
    while (this.#commits > 0) await pause();
    const { head } = this.#blocks;
    this.#blocks.keepFrom = head.first;
    try {
      return await this.#mend(head, pause);
    } finally {
      this.#blocks.keepFrom = Infinity;
    }
  }

  /** Copies that the snapshot of `head` makes needless. */
  async #removeOld(head: Head, renewal: Renewal | null): Promise<void> {
    const { files, path } = this.#options;
    this.#carried = 0;
    if (renewal !== null) {
      const own = new Set(
        [...this.#own].filter((one) =>
          Number(one.slice(one.lastIndexOf("-") + 1)) >= head.commit
        ),
      );
      own.add(snapshotPath(path, head.commit));
      if (this.#path !== "") own.add(this.#path);
      await endCopies(files, path, renewal, own);
      if (this.#renewal === renewal) this.#renewal = null;
    }
    await removeOldCopies(files, path);
    const left = allOf(await findCopies(files, path));
    this.#kept = await this.#sizeOf(
      left.filter((one) => one.path !== this.#path),
    );
    this.#snapshotOf = head.commit;
    // What is remembered of journals must not grow for ever.
    this.#own.clear();
    if (this.#path !== "") this.#own.add(this.#path);
  }

  #failed(error: unknown): void {
    if (this.#closed) return;
    const text = error instanceof Error ? error.message : String(error);
    this.#tell(
      `no snapshot of the store could be made (${text}); the broker tries ` +
        "again, and the journal grows until then",
    );
    this.#waitAgain();
  }

  /** Once, however often it fails for the same reason. */
  #tell(trouble: string | null): void {
    if (trouble === this.#trouble) return;
    this.#trouble = trouble;
    // One that fails to open would leave the operator an alarm without end.
    if (this.#isOpen) this.#options.told?.(trouble);
  }
}
