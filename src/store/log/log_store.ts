import type { Cancel, Clock } from "../../clock/mod.ts";
import { BatchEncoder } from "./batch_encoder.ts";
import { BlockReader } from "../blocks/block_reader.ts";
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
import type { LogStoreOptions } from "./log_store_options.ts";
import { Parts } from "./parts.ts";
import { PatientCommits } from "./patient_commits.ts";
import { Pending, type Waker } from "./pending.ts";
import { Replay } from "./replay.ts";
import { restore } from "./restore.ts";
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
import { ScrubTimer } from "./scrub_timer.ts";
import { isTaken, StoreError } from "../base/store_error.ts";
import { dateOfHead, StoreTime } from "./store_time.ts";
import { Waiters } from "./waiters.ts";
import { WriteCounter } from "../base/write_counter.ts";
import { writePending } from "./write_pending.ts";

/** Dead bytes that are not worth cleaning. */
const SLACK = 1024 * 1024;

/** Bytes of messages in one commit, unless one message alone is longer. */
const PART = 32 * 1024 * 1024;

/** A head is current for so long that the end needs no other, ms. */
const SECOND = 1000;

/**
 * A store that is a log of records in blocks. One batch is written at a time,
 * in one commit for all sessions; meanwhile the next one gathers.
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
  readonly #written = new WriteCounter();
  readonly #epoch: number;
  #scrub: ScrubTimer | null = null;
  #retained: RetainedSource = { messageAt: () => null, topicOf: () => "" };
  /** Last batch that is on disk. */
  #stored = 0;
  #writing: Promise<void> | null = null;
  #timer: Cancel | null = null;
  /** Notes of the batch that is being written. */
  #underway = 0;
  /** Bytes of the commit that is being made. */
  #underwayBytes = 0;
  #immediate = false;
  /** Whether the batch that gathers is to be written at once. */
  #wanted = false;
  /** Before that, a flush would take all that was not read yet for dead. */
  #isLoaded = false;
  #closing = false;
  #closed = false;
  /** Another broker goes on with it: nothing more gets to the disk. */
  #isTaken = false;
  onTaken: (reason: string) => void = () => {};
  /** Number of the batch that gathers notes. */
  batch = 1;

  /** `blocks` is open and belongs to the store from now on. */
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
    this.#writer = new BlockWriter(last + 1, sum);
    this.#ledger = new Ledger(first);
    this.#commits = new PatientCommits(blocks, clock, this.#health, {
      tries: options.tries,
      lost: (error) => this.#lost(error),
    });
    this.#encoder = new BatchEncoder(
      this.#writer,
      this.#ledger,
      this.#numbers,
      this.#time.shift,
    );
    this.#cleaning = new Cleaning(
      this.#ledger,
      this.#encoder,
      this.#writer,
      options.slack ?? SLACK,
      options.mode === "fault-tolerant",
    );
    this.#parts = new Parts(
      this.#encoder,
      this.#ledger,
      this.#writer,
      options.part ?? PART,
    );
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
      bytesWrittenToday: this.#written.today(
        this.#blocks.written,
        this.#clock.date(),
      ),
      commits: this.#commits.count,
      unwritten: this.#underway + this.#pending.size,
    };
  }

  async load(into: Restorer, retained: RetainedSource): Promise<LoadReport> {
    this.#retained = this.#pending.source = retained;
    const replay = new Replay(this.#ledger, into, this.#time.shift);
    const reader = new BlockReader(replay);
    let bytes = 0;
    await this.#blocks.read((block) => {
      this.#ledger.sealed(block.number, block.bytes.length);
      bytes += block.bytes.length;
      reader.block(block);
    });
    reader.end(this.#blocks.head);
    const restored = await restore(replay, into, this.#ledger, this.#encoder);
    // A head that lags behind the records would give a number twice.
    this.#numbers.next = Math.max(this.#numbers.next, replay.greatest + 1);
    this.#isLoaded = true;
    if (this.#waiters.any || this.#pending.count > 0) this.#later();
    // Before that, memory does not have what the blocks hold.
    this.#blocks.rewrite = (last) => this.#rewrite(last);
    const { scrub } = this.#options;
    if (scrub) this.#scrub = new ScrubTimer(this.#blocks, this.#clock, scrub);
    // With the first message else: the runtime needs megabytes to ask the disk.
    if (this.#space.isNew) this.#pending.limit = this.#space.limit;
    else this.#lookForSpace();
    if (this.#options.unwritable !== undefined) this.#probe();
    return {
      ...restored,
      retained: replay.retained,
      bytes,
      committedAt: dateOfHead(this.#blocks.head),
      alarm: this.#options.alarm ?? null,
      clockDoubt: this.#time.doubt,
    };
  }

  /** Writes again what lives in the blocks up to `last`, and drops them. */
  #rewrite(last: number): void {
    this.#cleaning.through = Math.max(this.#cleaning.through, last);
    if (this.#writing === null) this.#later();
  }

  isStored({ number, block, dirty }: StoredEntry): boolean {
    // What was encoded after the last commit stands in blocks beyond it.
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
    // A commit that fails has it in hand already.
    if (this.#health.isFailing || !this.#time.isOutdated(this.#blocks.head)) {
      return;
    }
    this.#flush(true);
  }

  async close(): Promise<void> {
    this.#closing = true;
    const scrubbed = this.#scrub?.end();
    this.#commits.hurry();
    this.#timer?.();
    this.#timer = null;
    try {
      while (this.#isUnwritten) {
        this.#flush();
        if (this.#writing !== null) await this.#writing;
      }
      await this.#noteEnd();
    } finally {
      this.#closed = true;
      this.#commits.end();
      this.#space.close();
      try {
        // What was noted is on disk first: a scrub may read a long frame.
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

  /** The time without a broker begins now. Nothing is lost if that fails. */
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

  /** Writes after the flush interval, unless it is done before. */
  #later(): void {
    if (this.#timer !== null || this.#closing) return;
    this.#timer = this.#clock.after(this.#options.flushInterval, () => {
      this.#timer = null;
      this.#flush();
    });
  }

  /** Writes when the sockets that are ready now have been served. */
  #soon(): void {
    if (this.#immediate || this.#writing !== null) return;
    this.#immediate = true;
    this.#clock.soon(() => {
      this.#immediate = false;
      this.#flush();
    });
  }

  /** Writes a head alone, until that works. */
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
      // Notes are taken meanwhile, and the batch goes on.
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

  /** Goes on with a batch of which a part is on disk. */
  #goOn(always: boolean): void {
    this.#lookForSpace();
    this.#flush(always);
  }

  /** Makes `commit` last, and then goes on with `next`. */
  #write(commit: Commit, next: () => void): void {
    this.#underwayBytes = bytesIn(commit);
    // Changes noted from now on add to it.
    this.heavy();
    this.#writing = this.#commits.make(commit).then((isMade) => {
      this.#writing = null;
      this.#underwayBytes = 0;
      if (!isMade) return this.#lose();
      // Later writes may belong to another day.
      this.#written.today(this.#blocks.written, this.#clock.date());
      next();
    });
  }

  #lose(): void {
    this.#isTaken = true;
    this.onTaken(this.#health.reason!);
  }

  /**
   * An error of our own. What was noted stays noted and is tried again, as if
   * the disk had failed: nothing is acknowledged that is not on it.
   */
  #cannotEncode(error: unknown): void {
    const pause = this.#health.failed(error);
    if (this.#closing) throw this.#lost(error);
    this.#timer?.();
    this.#timer = this.#clock.after(pause, () => {
      this.#timer = null;
      // Also without notes: the commit that works clears the failure.
      this.#flush(true);
    });
  }

  /** Encodes a part of a long batch; null when it is time for the last one. */
  #encodePart(): Commit | null {
    this.#encoder.seconds = Math.floor(this.#time.now / 1000);
    const isPart = this.#parts.encode(this.#pending, this.#retained);
    return isPart ? this.#seal() : null;
  }

  /** Encodes the batch, or what its parts left; null when that is nothing. */
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

  /** The commit of what has been encoded. */
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

  /** What to tell when the store is closed and cannot be written. */
  #lost(error: unknown): StoreError {
    const place = this.#options.place ?? "the disk";
    return new StoreError(
      "unwritten",
      `the last changes (about ${this.status.unwritten}) could not be ` +
        `written to ${place}: ${this.#health.reason}`,
      error,
    );
  }

  #finish(batch: number): void {
    this.#stored = batch;
    this.#underway = 0;
    this.#lookForSpace();
    this.#waiters.run(batch);
    if (this.#closing || this.#writing !== null) return;
    // In `buffered` nobody is in a hurry, who waits for the disk neither.
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
    // The log counts what is being written, the journal not yet.
    if (copied !== undefined) coming += this.#underwayBytes;
    return { stored, taken, written, copied: copied ?? 0, coming };
  }
}
