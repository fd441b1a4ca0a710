import type { Block } from "../../src/store/blocks/block.ts";
import type {
  Commit,
  CopiedBlocks,
  Head,
} from "../../src/store/blocks/blocks.ts";
import { BlockWriter } from "../../src/store/blocks/block_writer.ts";
import { findCopies } from "../../src/store/copies/copies.ts";
import {
  JournaledBlocks,
  type JournalOptions,
} from "../../src/store/copies/journaled_blocks.ts";
import { latestLine } from "../../src/store/copies/recovery.ts";
import type { Files } from "../../src/store/files/files.ts";
import { RecordKind } from "../../src/store/records/record_kind.ts";
import { RecordWriter } from "../../src/store/records/record_writer.ts";
import { StoreError } from "../../src/store/base/store_error.ts";
import { systemFiles } from "../../src/store/files/system_files.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { FaultyBlocks, settle } from "./faulty_blocks.ts";

/** Blocks in memory that can have a second copy. */
export class CopiedMemory extends FaultyBlocks implements CopiedBlocks {
  /** The oldest block that was not deleted. */
  #first = 1;
  keepFrom = Infinity;
  isJournaled = false;
  readonly wasJournaled = true;
  rewrite?: (last: number) => void;
  /** Reading fails with this; null while it works. */
  unreadable: Error | null = null;

  override async commit(commit: Commit): Promise<void> {
    const kept = new Map(this.blocks);
    await super.commit(commit);
    const end = Math.min(commit.head.first, this.keepFrom);
    for (; this.#first < end; this.#first++) kept.delete(this.#first);
    for (const [number, bytes] of kept) this.blocks.set(number, bytes);
  }

  override async read(
    each: (block: Block) => void | Promise<void>,
    head: Head = this.head,
  ): Promise<void> {
    if (this.unreadable !== null) throw this.unreadable;
    const { first, last } = head;
    for (let number = first; number <= last; number++) {
      const bytes = this.blocks.get(number);
      if (bytes === undefined) {
        throw new StoreError("corrupt", `block ${number} is missing`);
      }
      await each({ number, bytes });
    }
  }
}

/** Makes commits of one small block each, or of more where a record is long. */
export class Commits {
  readonly #writer = new BlockWriter(1);
  /** The oldest block of the commits to come. */
  first = 1;
  /** Commits made so far. */
  count = 0;

  /** A commit with `bytes` more than usual. */
  next(bytes = 0): Commit {
    const record = new RecordWriter();
    record.text(`commit ${++this.count}${"x".repeat(bytes)}`);
    this.#writer.put(RecordKind.Cleared, record);
    const blocks = this.#writer.take();
    const head: Head = {
      first: this.first,
      last: this.#writer.number - 1,
      commit: this.count,
      next: 1,
      time: this.count,
      epoch: 7,
      sum: this.#writer.sum,
    };
    return { head, blocks };
  }
}

/** A folder with the second copy of blocks that a test hands over. */
export class JournaledStore<B extends CopiedBlocks> implements AsyncDisposable {
  readonly folder = Deno.makeTempDirSync({ prefix: "dunlin-" });
  readonly path = `${this.folder}/store.kv`;
  readonly clock = new ManualClock();
  /** Reports of failed snapshots. */
  readonly told: (string | null)[] = [];
  /** Reports of damage. */
  readonly damage: (string | null)[] = [];
  files: Files = systemFiles;

  constructor(readonly blocks: B) {}

  /** Begins a journal that goes on where the blocks stand. */
  open(more: Partial<JournalOptions> = {}): Promise<JournaledBlocks> {
    return JournaledBlocks.open(this.blocks, this.clock, {
      files: this.files,
      path: this.path,
      snapshotInterval: 3_600_000,
      told: (trouble) => this.told.push(trouble),
      damage: (found) => this.damage.push(found),
      ...more,
    });
  }

  /** The names of snapshots and journals, sorted. */
  get names(): string[] {
    return [...Deno.readDirSync(this.folder)].map(({ name }) => name)
      .filter((name) => /\.(snapshot|journal)-\d+$/.test(name)).sort();
  }

  /** The last commit that the copies alone bring back. */
  async reach(): Promise<number> {
    await settle();
    const copies = await findCopies(systemFiles, this.path);
    return (await latestLine(systemFiles, copies)).reach.commit;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}
