import type { Clock } from "../../clock/mod.ts";
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
import type { Files } from "../files/files.ts";
import { Journal } from "./journal.ts";
import { writeSnapshot } from "./snapshot.ts";
import { SnapshotTimer } from "./snapshot_timer.ts";
import type { Space } from "../space/space.ts";
import type { WriteBudget } from "../space/write_budget.ts";
import { isCorrupt, isTaken } from "../base/store_error.ts";

/** A journal longer than this and the store makes a snapshot due. */
const LONG_JOURNAL = 64 * 1024 * 1024;

/** Journals of earlier runs that make a snapshot due. */
const MANY_JOURNALS = 24;

/**
 * With little space, copies may take this multiple of the store, plus the slack;
 * with so little that messages are refused, hardly more than two snapshots.
 */
const TIGHT = { copies: 3, slack: 1024 * 1024 };
const FULL = { copies: 2.25, slack: 256 * 1024 };

const ENOUGH_SPACE = { diskRoom: Infinity, free: Infinity };

/** The options of a second copy. */
export interface JournalOptions {
  /** The files of journals and snapshots. */
  readonly files: Files;
  /** The store's file. */
  readonly path: string;
  /** Time from one snapshot to the next, ms. */
  readonly snapshotInterval: number;
  /**
   * Set when the present copies must be replaced: a snapshot is made at once.
   */
  readonly renewal?: Renewal | null;
  /**
   * Receives why no snapshot can be made; null once one is. The broker tries
   * again until then.
   */
  readonly told?: (trouble: string | null) => void;
  /**
   * Receives the damage that a snapshot met and mended; null once a later
   * snapshot has read all blocks and found them whole.
   */
  readonly damage?: (found: string | null) => void;
  /**
   * Has a snapshot wait that the time makes due.
   *
   * @default no limit
   */
  readonly budget?: Pick<WriteBudget, "isShort">;
  /**
   * The space on the disk, whatever bound the store has: copies count in none.
   *
   * @default there is enough
   */
  readonly space?: Pick<Space, "free" | "diskRoom">;
}

/**
 * Blocks with a second copy. A commit goes to a journal, and the journal to the
 * disk, before it goes to the store. Each snapshot begins a new journal. Two
 * snapshots are kept, so that one damaged snapshot loses nothing.
 */
export class JournaledBlocks implements Blocks {
  readonly #blocks: CopiedBlocks;
  readonly #timer: SnapshotTimer;
  readonly #options: JournalOptions;
  /** Null before the first journal. */
  #journal: Journal | null = null;
  /** Path of the journal. */
  #path = "";
  #beginning: Promise<void> | null = null;
  /** Whether the journal was begun for a snapshot that has yet to be made. */
  #isBegun = false;
  /**
   * The snapshot or scrub under way: only one at a time keeps the blocks of a
   * head.
   */
  #reading: Promise<void> | null = null;
  /** Whether earlier runs have left so many journals that a snapshot is due. */
  #hasMany = false;
  #commits = 0;
  /** Bytes of completed snapshots, and of completed journals. */
  #snapshots = 0;
  #journals = 0;
  /** Bytes in the journals of earlier runs. */
  #carried = 0;
  /** Bytes of all copies except the present journal. */
  #kept = 0;
  /** Bytes of the snapshot under way. */
  #underway = 0;
  /** Bytes of the log at the last commit. */
  #stored = Infinity;
  /** The commit of the last snapshot of this run. */
  #snapshotOf = -1;
  /** Whether lack of space prevented a snapshot. */
  #isCramped = false;
  #trouble: string | null = null;
  /** Whether reported damage awaits a snapshot that finds all blocks whole. */
  #isDamaged = false;
  #renewal: Renewal | null;
  /** Journals of this process: they continue from where the store stands. */
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
    this.#timer = new SnapshotTimer(clock, options);
    this.#options = options;
    this.#renewal = options.renewal ?? null;
    blocks.isJournaled = true;
  }

  /** Begins a journal that continues from the head of `blocks`. */
  static async open(
    blocks: CopiedBlocks,
    clock: Clock,
    options: JournalOptions,
  ): Promise<JournaledBlocks> {
    const made = new JournaledBlocks(blocks, clock, options);
    try {
      // First the snapshot: a journal may take the name of one that must be
      // kept.
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
    const { journal, snapshots } = this.copiesWritten;
    return this.#blocks.written + journal + snapshots;
  }

  get copiesWritten(): { journal: number; snapshots: number } {
    const journal = this.#journals + (this.#journal?.written ?? 0);
    return { journal, snapshots: this.#snapshots };
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
      // A commit that only the store refused is in the journal already.
      if (this.#journal!.last < head.commit) {
        if (this.#isWorth(commit) && (this.#isDue || this.#isLong)) {
          await this.#beginDue();
        }
        // An unsound journal may lose what it takes.
        if (!this.#journal!.isSound) await this.#beginJournal();
        await this.#journal!.append(commit);
      }
      await this.#blocks.commit(commit);
    } catch (error) {
      // Another broker continues from the previous commit. A rebuild must not
      // bring this one back.
      if (isTaken(error)) await this.#journal!.takeBack().catch(() => {});
      throw error;
    } finally {
      this.#commits--;
    }
  }

  /** Two snapshots in a row free all earlier copies. */
  tighten(stored: number): boolean {
    this.#stored = stored;
    const isBusy = this.#closed || this.#commits > 0 ||
      this.#beginning !== null || this.#reading !== null ||
      (this.#timer.rests && !this.#isCramped);
    const copies = this.#kept + this.#journal!.length;
    const { diskRoom, free } = this.#options.space ?? ENOUGH_SPACE;
    const most = diskRoom < 0 ? FULL : TIGHT;
    if (isBusy || copies <= most.copies * stored + most.slack) return false;
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
    this.#timer.end();
  }

  /**
   * Continues with the present copies. Else runs shorter than the interval
   * would leave journals without end.
   */
  async #takeOver(): Promise<void> {
    this.#timer.wait();
    const { files, path } = this.#options;
    const copies = await findCopies(files, path);
    const { journals } = copies;
    this.#carried = await this.#sizeOf(journals);
    this.#kept = await this.#sizeOf(allOf(copies));
    this.#hasMany = journals.length >= MANY_JOURNALS;
    if (this.#hasMany) this.#timer.isDue = true;
  }

  async #sizeOf(copies: readonly Copy[]): Promise<number> {
    let bytes = 0;
    for (const { path } of copies) {
      bytes += await this.#options.files.size(path) ?? 0;
    }
    return bytes;
  }

  /** Maximum bytes of the blocks. */
  get #most(): number {
    const { first, last } = this.#blocks.head;
    return (last - first + 1) * 65536;
  }

  /** Bytes of a snapshot; about. */
  get #size(): number {
    return Math.min(this.#most, this.#stored);
  }

  /** A snapshot that only the time makes due can wait. */
  get #isDue(): boolean {
    const mustNotWait = this.#hasMany || this.#renewal !== null ||
      this.#trouble !== null;
    return this.#timer.isDue &&
      (mustNotWait || this.#options.budget?.isShort !== true);
  }

  get #isLong(): boolean {
    if (this.#timer.rests) return false;
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

  /**
   * Returns whether `commit` is worth a snapshot that is due; one that only
   * notes the time is not.
   */
  #isWorth({ head, blocks }: Commit): boolean {
    return blocks.length > 0 || head.first !== this.head.first || this.#hasMany;
  }

  /** With the commit that is being made or tried again, at once without one. */
  #beginNow(): void {
    this.#timer.isDue = true;
    if (this.#commits > 0 || this.#closed || this.#isAhead) return;
    this.#beginning ??= this.#beginDue().finally(() => this.#beginning = null);
  }

  /**
   * Whether the journal has a commit that the store has not taken. The next
   * journal would get it, too, and `takeBack` removes it from one only.
   */
  get #isAhead(): boolean {
    return this.#journal !== null &&
      this.#journal.last > this.#blocks.head.commit;
  }

  /** Begins a journal and a snapshot at the present head; does not throw. */
  #begin(): Promise<void> {
    if (this.#reading !== null) return Promise.resolve();
    this.#timer.begun();
    this.#isCramped = false;
    const { head } = this.#blocks;
    // A snapshot that is tried again needs no new journal: the present one
    // continues from the copy before it.
    const begun = this.#isBegun && this.#journal!.isSound
      ? Promise.resolve()
      : this.#beginJournal().then(() => {
        this.#isBegun = true;
      });
    // Set before the journal is created: else a scrub could begin meanwhile and
    // share the blocks.
    this.#reading = begun.then(() => this.#write(head), (error) => {
      this.#failed(error);
    }).finally(() => this.#reading = null);
    return begun.catch(() => {});
  }

  /** Replaces the journal; the previous one is complete. */
  async #beginJournal(): Promise<void> {
    const { head } = this.#blocks;
    const path = journalPath(this.#options.path, head.commit);
    const before = this.#journal;
    // A journal begun at this head is still empty.
    if (path === this.#path && before?.isSound) return;
    const next = await Journal.create(this.#options.files, path, head);
    before?.close();
    this.#journals += before?.written ?? 0;
    this.#kept += before?.length ?? 0;
    this.#journal = next;
    this.#path = path;
    this.#own.add(path);
  }

  /**
   * Copies the blocks of `head`, which stay on disk until that ends; does not
   * throw.
   */
  async #write(head: Head): Promise<void> {
    const { files, path } = this.#options;
    // A renewal that a scrub demands from now on needs the next snapshot.
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
      this.#snapshots += bytes;
      await this.#removeOld(head, renewal);
      this.#isBegun = false;
      this.#tell(null);
      this.#hasMany = false;
      this.#timer.wait();
      if (this.#renewal !== null) this.#timer.isDue = true;
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

  /** Keeps the old copies; the snapshot is tried again. */
  async #mendFor(head: Head): Promise<void> {
    try {
      const found = await this.#mend(head, () => Promise.resolve());
      if (found === null) return;
      this.#isDamaged = true;
      this.#options.damage?.(found);
    } catch {
      // The failure of the snapshot is reported anyway.
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
    // Commits and snapshots continue while copies are read: this keeps no
    // blocks.
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
    // A commit under way may delete blocks of the present head.
    while (this.#commits > 0) await pause();
    const { head } = this.#blocks;
    this.#blocks.keepFrom = head.first;
    try {
      return await this.#mend(head, pause);
    } finally {
      this.#blocks.keepFrom = Infinity;
    }
  }

  /** Removes the copies that the snapshot of `head` replaces. */
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
    // The set must not grow without end.
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
    this.#timer.waitAgain(() => this.#beginNow());
  }

  /** Reports a trouble once, however often it repeats. */
  #tell(trouble: string | null): void {
    if (trouble === this.#trouble) return;
    this.#trouble = trouble;
    // A copy that fails to open could never end its alarm.
    if (this.#isOpen) this.#options.told?.(trouble);
  }
}
