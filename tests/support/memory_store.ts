import type {
  Changes,
  LoadReport,
  Store,
  StoreStatus,
} from "../../src/store/mod.ts";

/** Takes no notes. */
const nothing: Changes = {
  sessionChanged() {},
  sessionEnded() {},
  subscribed() {},
  unsubscribed() {},
  queued() {},
  changed() {},
  done() {},
  received() {},
  retained() {},
};

const NOTHING = { log: 0, cleaning: 0, journal: 0, snapshots: 0 };

/** A store of which nothing outlives the process, and for which nothing waits. */
export class MemoryStore implements Store {
  /** Ignores all notes. */
  readonly changes: Changes = nothing;
  /** Always the same batch. */
  readonly batch = 1;
  /** Which is always committed. */
  readonly committed = 1;
  /** As far as anybody waits for it. */
  readonly stored = 1;
  /** Nothing is ever written. */
  readonly isStuck = false;
  /** Nothing can fail. */
  readonly health = "ok";
  /** Is never called. */
  onHealth: (isShort: boolean) => void = () => {};
  onTaken: () => void = () => {};
  onCommit: ((ms: number) => void) | null = null;
  /** All figures are 0. */
  readonly status: StoreStatus = {
    mode: "memory",
    health: "ok",
    reason: null,
    retainedBytes: 0,
    queuedBytes: 0,
    sessionBytes: 0,
    storedBytes: 0,
    sessions: 0,
    queuedMessages: 0,
    oldestMessageAt: 0,
    written: NOTHING,
    writtenToday: NOTHING,
    writeBudget: 0,
    writePause: 0,
    commits: 0,
    commitAge: 0,
    unwritten: 0,
  };

  /** Restores nothing. */
  load(): Promise<LoadReport> {
    return Promise.resolve({
      sessions: 0,
      subscriptions: 0,
      entries: 0,
      retained: 0,
      bytes: 0,
      committedAt: 0,
      clockDoubt: null,
      alarm: null,
    });
  }

  /** As far as anybody waits for it. */
  isStored(): boolean {
    return true;
  }

  /** There is nothing to wait for. */
  onStored(_batch: number, task: () => void): void {
    task();
  }

  /** Calls `task` at once. */
  onCommitted(_batch: number, task: () => void): void {
    task();
  }

  /** Nothing waits. */
  forget(): void {}

  /** There is nothing to write. */
  writeSoon(): void {}

  /** There is nothing to note it in. */
  keepTime(): void {}

  /** There is nothing to close. */
  close(): Promise<void> {
    return Promise.resolve();
  }
}
