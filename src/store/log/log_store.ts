import type { Clock } from "../../clock/mod.ts";
import { BatchEncoder } from "./batch_encoder.ts";
import { BlockWriter } from "../blocks/block_writer.ts";
import {
  type Blocks,
  bytesIn,
  type Commit,
  newEpoch,
} from "../blocks/blocks.ts";
import { Cleaning } from "./cleaning.ts";
import { Health } from "./health.ts";
import { Ledger } from "./ledger.ts";
import { type LogStoreOptions, PART, SLACK } from "./log_store_options.ts";
import { Parts } from "./parts.ts";
import { PatientCommits } from "./patient_commits.ts";
import { Pending, type Waker } from "../notes/pending.ts";
import type { Usage } from "../space/space.ts";
import { SpaceWatch } from "../space/space_watch.ts";
import type { RetainedSource, StoredEntry } from "../model/state.ts";
import type {
  Changes,
  LoadReport,
  Restorer,
  Store,
  StoreHealth,
  StoreStatus,
} from "../model/store.ts";
import { readLog } from "./rebuild_state.ts";
import { ScrubTimer } from "./scrub_timer.ts";
import { isTaken, lostChanges, StoreError } from "../base/store_error.ts";
import { dateOfHead, StoreTime } from "./store_time.ts";
import { Waiters } from "../notes/waiters.ts";
import { FlushTimer } from "./flush_timer.ts";
import { WriteAccount } from "./write_account.ts";
import { writePending } from "./write_pending.ts";

/** Age of a head up to which a stop needs no other, ms. */
const SECOND = 1000;

/**
 * A store as a log of records in blocks. It writes one batch at a time, in one
 * commit for all sessions, while the next batch gathers.
 */
export class LogStore implements Store, Waker {
  readonly #blocks: Blocks;
  readonly #clock: Clock;
  readonly #time: StoreTime;
  readonly #options: LogStoreOptions;
  readonly #holds: boolean;
  readonly #numbers: { next: number };
  readonly #pending: Pending;
  readonly #writer: BlockWriter;
  readonly #ledger: Ledger;
  readonly #encoder: BatchEncoder;
  readonly #cleaning: Cleaning;
  readonly #parts: Parts;
  readonly #health = new Health();
  readonly #commits: PatientCommits;
  readonly #waiters = new Waiters();
  readonly #space: SpaceWatch;
  readonly #written: WriteAccount;
  readonly #timer: FlushTimer;
  readonly #epoch: number;
  #scrub: ScrubTimer | null = null;
  #retained: RetainedSource = { messageAt: () => null, topicOf: () => "" };
  /** The last batch on disk. */
  #stored = 0;
  #writing: Promise<void> | null = null;
  /** Notes of the batch under way. */
  #underway = 0;
  /** Bytes of the commit under way. */
  #underwayBytes = 0;
  /** Whether the present batch must be written at once. */
  #wanted = false;
  /** Before the load, a flush would treat all unread records as dead. */
  #isLoaded = false;
  #closing = false;
  #closed = false;
  /** Whether another broker has taken the store: no more commits. */
  #isTaken = false;
  onTaken: (reason: string) => void = () => {};
  /** Number of the batch that gathers notes. */
  batch = 1;

  /** Takes over `blocks`, which are open. */
  constructor(blocks: Blocks, clock: Clock, options: LogStoreOptions) {
    this.#blocks = blocks;
    this.#clock = clock;
    this.#options = options;
    this.#holds = options.mode !== "buffered";
    const { first, last, next, sum, epoch } = blocks.head;
    this.#time = new StoreTime(clock, blocks.head);
    this.#numbers = { next };
    this.#epoch = options.epoch ?? (epoch || newEpoch());
    this.#pending = new Pending(this.#numbers, this);
    const writer = this.#writer = new BlockWriter(last + 1, sum);
    const ledger = this.#ledger = new Ledger(first);
    this.#commits = new PatientCommits(blocks, clock, this.#health, {
      tries: options.tries,
      lost: (error) => this.#lost(error),
    });
    const { shift } = this.#time;
    const encoder = this.#encoder = new BatchEncoder(
      writer,
      ledger,
      this.#numbers,
      shift,
    );
    const { mode, slack = SLACK, part = PART } = options;
    const isCopied = mode === "fault-tolerant";
    this.#cleaning = new Cleaning(ledger, encoder, writer, slack, isCopied);
    this.#parts = new Parts(encoder, ledger, writer, part);
    const { budget = null } = options;
    this.#written = new WriteAccount(blocks, this.#cleaning, clock, budget);
    this.#timer = new FlushTimer(clock, () => this.#flush());
    this.#space = new SpaceWatch(options.space, clock, {
      usage: () => this.#usage,
      found: (shortage) => {
        this.#cleaning.isTight = shortage !== null;
        this.#health.shortage = shortage;
      },
      due: () => this.#lookForSpace(),
    });
  }

  get changes(): Changes {
    return this.#pending;
  }

  get committed(): number {
    return this.#holds || this.#isTaken ? this.#stored : this.batch;
  }

  get stored(): number {
    return this.#stored;
  }

  get isStuck(): boolean {
    return this.#health.isFailing;
  }

  get health(): StoreHealth {
    return this.#health.state;
  }

  set onHealth(task: (isShort: boolean) => void) {
    this.#health.onChange = task;
  }

  get onCommit(): ((ms: number) => void) | null {
    return this.#commits.onCommit;
  }
  set onCommit(task: ((ms: number) => void) | null) {
    this.#commits.onCommit = task;
  }

  get status(): StoreStatus {
    const ledger = this.#ledger;
    const { bodies } = this.#encoder;
    const oldest = bodies.values().next().value;
    return {
      mode: this.#options.mode,
      health: this.#health.state,
      reason: this.#health.reason,
      ...ledger.sizes,
      storedBytes: ledger.stored,
      sessions: this.#encoder.sessions,
      queuedMessages: bodies.size,
      oldestMessageAt: oldest === undefined
        ? 0
        : this.#time.dateOf(oldest.storedAt * 1000),
      written: this.#written.total,
      writtenToday: this.#written.today,
      writeBudget: this.#options.budget?.bytes ?? 0,
      writePause: this.#written.pause,
      commits: this.#commits.count,
      commitAge: this.#commits.age,
      unwritten: this.#underway + this.#pending.size,
    };
  }

  async load(into: Restorer, retained: RetainedSource): Promise<LoadReport> {
    this.#retained = this.#pending.source = retained;
    const encoder = this.#encoder;
    const read = await readLog(this.#blocks, into, this.#ledger, encoder);
    this.#isLoaded = true;
    if (this.#waiters.any || this.#pending.count > 0) this.#later();
    // Before the load, memory lacks what the blocks hold.
    this.#blocks.rewrite = (last) => this.#rewrite(last);
    const { scrub } = this.#options;
    if (scrub) this.#scrub = new ScrubTimer(this.#blocks, this.#clock, scrub);
    // Else with the first message: asking the disk costs megabytes of memory.
    if (this.#space.isNew) this.#pending.limit = this.#space.limit;
    else this.#lookForSpace();
    if (this.#options.unwritable !== undefined) this.#probe();
    return {
      ...read,
      committedAt: dateOfHead(this.#blocks.head),
      alarm: this.#options.alarm ?? null,
      clockDoubt: this.#time.doubt,
    };
  }

  /**
   * Writes the live records of the blocks up to `last` again, and drops the
   * blocks.
   */
  #rewrite(last: number): void {
    this.#cleaning.through = Math.max(this.#cleaning.through, last);
    if (this.#writing === null) this.#later();
  }

  isStored({ number, block, dirty }: StoredEntry): boolean {
    // Records after the last commit are in blocks beyond the head.
    return number !== 0 && !dirty && block <= this.#blocks.head.last;
  }

  onCommitted(batch: number, task: () => void): void {
    if (batch <= this.committed) return task();
    this.#waiters.add(batch, task);
    this.#soon();
  }

  /**
   * Writes all that is live again, and removes all else; after `load`.
   *
   * @throws {StoreError} `failing`, `unwritten` or `taken` when that is not
   * possible.
   */
  async compact(): Promise<void> {
    const end = this.#writer.number;
    this.#cleaning.through = end - 1;
    for (let { first } = this.#ledger; first < end;) {
      this.#flush();
      if (this.#writing === null && this.#ledger.first === first) {
        const why = this.#health.reason ?? "it is not loaded, or closed";
        throw new StoreError("failing", `the store cannot be written: ${why}`);
      }
      ({ first } = this.#ledger);
      await this.#writing;
      if (this.#isTaken) throw new StoreError("taken", this.#health.reason!);
    }
  }

  onStored(batch: number, task: () => void): void {
    if (batch <= this.#stored) return task();
    this.#waiters.add(batch, task);
    this.begun();
  }

  forget(task: () => void): void {
    this.#waiters.forget(task);
  }

  writeSoon(): void {
    this.#wanted = true;
    this.#soon();
  }

  keepTime(): void {
    this.#written.count();
    // A failing commit notes the time anyway.
    if (this.#health.isFailing || !this.#time.isOutdated(this.#blocks.head)) {
      return;
    }
    this.#flush(true);
  }

  async close(): Promise<void> {
    this.#closing = true;
    const scrubbed = this.#scrub?.end();
    this.#commits.hurry();
    this.#timer.stop();
    try {
      await this.#writeAll();
      await this.#noteEnd();
    } finally {
      this.#closed = true;
      this.#commits.end();
      this.#space.close();
      try {
        // The changes are on disk first: a scrub may be reading a long frame.
        await scrubbed;
        await this.#blocks.close();
      } finally {
        await this.#options.release?.();
      }
    }
  }

  get #isUnwritten(): boolean {
    if (this.#isTaken || !this.#isLoaded) return false;
    return this.#writing !== null || this.#pending.count > 0 ||
      this.#waiters.any;
  }

  /** Writes all changes; ignores the failure of a commit without any. */
  async #writeAll(): Promise<void> {
    try {
      while (this.#isUnwritten) {
        this.#flush();
        if (this.#writing !== null) await this.#writing;
      }
    } catch (error) {
      if (this.status.unwritten > 0 || this.#cleaning.isForced) throw error;
    }
  }

  /** Notes when the downtime begins. A failure loses nothing. */
  async #noteEnd(): Promise<void> {
    const { head } = this.#blocks;
    const read = this.#time.read();
    if (this.#isTaken || !this.#isLoaded || head.time === 0) return;
    if (read.time - head.time < SECOND) return;
    const commit = head.commit + 1;
    const end = { ...head, commit, ...read, epoch: this.#epoch };
    await this.#blocks.commit({ head: end, blocks: [] }).catch((error) => {
      if (!isTaken(error)) return;
      this.#health.failed(error);
      this.#lose();
    });
  }

  begun(): void {
    if (this.#writing === null) this.#later();
  }

  full(): void {
    this.#soon();
  }

  heavy(): void {
    const { bytes } = this.#pending;
    if (this.#space.isNew && bytes + this.#underwayBytes === 0) return;
    this.#space.look(bytes);
    this.#pending.limit = this.#space.limit;
  }

  /** Writes after the flush interval, or earlier with another flush. */
  #later(): void {
    if (this.#closing) return;
    const { flushInterval } = this.#options;
    const isUrgent = this.#holds || this.#waiters.any;
    const pause = isUrgent ? 0 : this.#written.pause;
    this.#timer.within(Math.max(flushInterval, pause));
  }

  /** Writes when the sockets that are ready now have been served. */
  #soon(): void {
    if (this.#writing === null) this.#timer.soon();
  }

  /** Commits a head alone, until that succeeds. */
  #probe(): void {
    this.#health.failed(this.#options.unwritable);
    this.#flush(true);
  }

  get #mayWrite(): boolean {
    return this.#isLoaded && !this.#isTaken && !this.#closed;
  }

  #flush(always = false): void {
    if (this.#writing !== null || !this.#mayWrite) return;
    try {
      const part = this.#encodePart();
      // Changes noted meanwhile join the batch.
      if (part !== null) return this.#write(part, () => this.#goOn(always));
    } catch (error) {
      return this.#cannotEncode(error);
    }
    this.#underway = this.#pending.size;
    const batch = this.batch++;
    this.#wanted = false;
    let commit: Commit | null;
    try {
      commit = this.#encode(batch, always);
    } catch (error) {
      return this.#cannotEncode(error);
    }
    if (commit === null) return this.#finish(batch);
    this.#write(commit, () => this.#finish(batch));
  }

  /** Continues a batch of which a part is on disk. */
  #goOn(always: boolean): void {
    this.#lookForSpace();
    this.#flush(always);
  }

  /** Commits `commit`, then calls `next`. */
  #write(commit: Commit, next: () => void): void {
    this.#underwayBytes = bytesIn(commit);
    // Changes noted from now on come on top of it.
    this.heavy();
    this.#writing = this.#commits.make(commit).then((isMade) => {
      this.#writing = null;
      this.#underwayBytes = 0;
      if (!isMade) return this.#lose();
      // Later writes may belong to another day.
      this.#written.count();
      next();
    });
  }

  #lose(): void {
    this.#isTaken = true;
    this.onTaken(this.#health.reason!);
  }

  /**
   * Handles an error of our own. The notes stay and are tried again, as after a
   * failure of the disk: nothing is acknowledged that is not on disk.
   */
  #cannotEncode(error: unknown): void {
    const pause = this.#health.failed(error);
    if (this.#closing) throw this.#lost(error);
    // Also without notes: a successful commit clears the failure.
    this.#timer.after(pause, () => this.#flush(true));
  }

  /** Encodes a part of a long batch; null when only the last one is left. */
  #encodePart(): Commit | null {
    this.#encoder.seconds = Math.floor(this.#time.now / 1000);
    const isPart = this.#parts.encode(this.#pending, this.#retained);
    return isPart ? this.#seal() : null;
  }

  /** Encodes the batch, or the rest of it; null when that is nothing. */
  #encode(batch: number, always: boolean): Commit | null {
    const before = this.#writer.number;
    this.#encoder.batch = batch;
    writePending(this.#pending, this.#encoder, this.#ledger, this.#retained);
    this.#parts.end();
    this.#cleaning.clean(this.#retained, before);
    const isChanged = this.#writer.bytes > 0 ||
      this.#ledger.first !== this.#blocks.head.first;
    return always || isChanged ? this.#seal() : null;
  }

  /** Returns the commit of all encoded records. */
  #seal(): Commit {
    const blocks = this.#writer.take();
    const { first } = this.#ledger;
    for (const { number, bytes } of blocks) {
      this.#ledger.sealed(number, bytes.length);
    }
    const head = {
      first,
      last: this.#writer.number - 1,
      commit: this.#blocks.head.commit + 1,
      next: this.#numbers.next,
      ...this.#time.read(),
      epoch: this.#epoch,
      sum: this.#writer.sum,
    };
    return { head, blocks };
  }

  /** Returns the error for a stop that could not write. */
  #lost(error: unknown): StoreError {
    const { unwritten, reason } = this.status;
    return lostChanges(unwritten, this.#options.place, reason, error);
  }

  #finish(batch: number): void {
    this.#stored = batch;
    this.#underway = 0;
    this.#lookForSpace();
    this.#waiters.run(batch);
    if (this.#closing || this.#writing !== null) return;
    // In `buffered` no waiter is in a hurry, not even one for the disk.
    if (
      (this.#holds && this.#waiters.any) || this.#wanted ||
      this.#pending.isFull
    ) {
      this.#soon();
    } else if (
      this.#waiters.any || this.#pending.count > 0 || this.#cleaning.isWanted
    ) {
      this.#later();
    }
  }

  #lookForSpace(): void {
    this.heavy();
    if (this.#closing || this.#writing !== null) return;
    if (this.#blocks.tighten?.(this.#ledger.stored)) this.#flush(true);
  }

  get #usage(): Usage {
    const { stored, taken } = this.#ledger;
    const { written, copied } = this.#blocks;
    let coming = this.#parts.coming(this.#pending, this.#retained);
    // The log counts the commit under way, the journal does not yet.
    if (copied !== undefined) coming += this.#underwayBytes;
    return { stored, taken, written, copied: copied ?? 0, coming };
  }
}
