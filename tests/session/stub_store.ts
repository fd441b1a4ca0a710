import {
  type Changes,
  type LoadReport,
  type Restorer,
  SessionSlot,
  type StorageMode,
  type Store,
  type StoredEntry,
  type StoredSession,
  type StoreHealth,
  type StoreStatus,
} from "../../src/store/mod.ts";
import { MemoryStore } from "../support/memory_store.ts";

/** A store without a disk: the test says when a batch is committed. */
export class StubStore implements Store {
  readonly #mode: StorageMode;
  readonly #nothing = new MemoryStore();
  #stored = 0;
  #slots = 0;
  readonly #ended = new Set<StoredSession>();
  #waiters: { readonly batch: number; readonly task: () => void }[] = [];
  /** As in the real store: the batch that gathers what is noted now. */
  batch = 1;
  #health: StoreHealth = "ok";
  #isStuck = false;
  onHealth: (isShort: boolean) => void = () => {};
  onTaken: (reason: string) => void = () => {};
  onCommit: ((ms: number) => void) | null = null;
  /** Entries that were noted, in their order. */
  readonly entries: StoredEntry[] = [];
  /** Those that are on disk as they are; the test says so. */
  readonly onDisk = new Set<StoredEntry>();
  /** Whether every batch is committed as soon as somebody waits for it. */
  willing = true;
  /** Sessions that are stored. */
  readonly sessions = new Set<StoredSession>();
  /** Sessions that were changed after their end, and so stored again. */
  readonly ghosts: StoredSession[] = [];
  /** What is restored, before anything else. */
  restore: (into: Restorer) => void = () => {};
  /** Called with each entry that is changed. */
  onChanged: (entry: StoredEntry) => void = () => {};
  /** Notes only sessions: nothing is read back. */
  readonly changes: Changes;

  constructor(mode: StorageMode) {
    this.#mode = mode;
    this.changes = {
      ...this.#nothing.changes,
      sessionChanged: (session) => {
        if (this.#ended.has(session)) this.ghosts.push(session);
        session.slot ??= new SessionSlot(++this.#slots, session);
        this.sessions.add(session);
      },
      queued: (entry) => this.entries.push(entry),
      changed: (entry) => this.onChanged(entry),
      sessionEnded: (session) => {
        session.slot = null;
        this.sessions.delete(session);
        this.#ended.add(session);
      },
    };
  }

  /** Set by the test. */
  get health(): StoreHealth {
    return this.#health;
  }
  set health(health: StoreHealth) {
    this.#health = health;
    this.onHealth(this.#health === "full");
  }

  /** Set by the test. */
  get isStuck(): boolean {
    return this.#isStuck;
  }
  set isStuck(isStuck: boolean) {
    this.#isStuck = isStuck;
    this.onHealth(this.#health === "full");
  }

  keepTime(): void {}

  /** How many tasks wait for a commit. */
  get waiting(): number {
    return this.#waiters.length;
  }

  /** How many sessions have ended. */
  get endings(): number {
    return this.#ended.size;
  }

  get stored(): number {
    return this.#stored;
  }

  get committed(): number {
    return this.#mode === "buffered" ? this.batch : this.#stored;
  }

  get status(): StoreStatus {
    return {
      ...this.#nothing.status,
      mode: this.#mode,
      health: this.health,
      reason: this.health === "ok" ? null : "the test says so",
    };
  }

  async load(into: Restorer): Promise<LoadReport> {
    this.restore(into);
    return await this.#nothing.load();
  }

  isStored(entry: StoredEntry): boolean {
    return this.onDisk.has(entry);
  }

  onCommitted(batch: number, task: () => void): void {
    if (batch <= this.committed) task();
    else this.onStored(batch, task);
  }

  /** As `onCommitted`, in every mode. */
  onStored(batch: number, task: () => void): void {
    if (batch <= this.#stored) return task();
    this.#waiters.push({ batch, task });
    if (this.willing) queueMicrotask(() => this.commit());
  }

  forget(task: () => void): void {
    this.#waiters = this.#waiters.filter((one) => one.task !== task);
  }

  /** It is the test that says when. */
  writeSoon(): void {}

  /** Begins to write what was noted; from here on another batch gathers. */
  begin(): number {
    return this.batch++;
  }

  /** What `begin` gave is on disk now. */
  finish(batch: number): void {
    this.#stored = batch;
    const due = this.#waiters.filter((one) => one.batch <= batch);
    this.#waiters = this.#waiters.filter((one) => one.batch > batch);
    for (const { task } of due) task();
  }

  /** Both at once. */
  commit(): void {
    this.finish(this.begin());
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
