import type { Cancel } from "../clock/mod.ts";
import {
  type Connection,
  type Context,
  type Registry,
  workOf,
} from "../session/mod.ts";
import type { LoadReport, Store, StoreStatus } from "../store/mod.ts";
import type { Alarms } from "./status/alarms.ts";
import { StateRestorer } from "./state_restorer.ts";

/** From a change of the store's health to what follows, and while it is bad (ms). */
const LOOK = 250;

/** Time of failing commits until connections that wait are closed (ms). */
const PATIENCE = 2000;

/**
 * Opens the store anew whose loading ended with `error`; null when nothing is
 * left to be tried.
 */
export type Reopen = (error: unknown) => (() => Promise<Store>) | null;

/**
 * Connects a store with the state it keeps: restores it at the start, then has
 * changes noted, and reports a disk that is full or fails.
 */
export class Storage {
  #store!: Store;
  #isOpen = false;
  /** Before that, nothing is refused for the sake of the disk. */
  #isLoaded = false;
  readonly #registry: Registry;
  readonly #context: Context;
  readonly #alarms: Alarms;
  readonly #connections: Iterable<Connection>;
  readonly #reopen: Reopen;
  /** Called with the reason when another broker has taken the store. */
  onTaken: (reason: string) => void = () => {};
  #onCommit: ((ms: number) => void) | null = null;
  /** When commits were first seen to fail, ms; 0 while they work. */
  #stuckSince = 0;
  /** True if the connections that waited for a commit were closed since. */
  #hasClosed = false;
  /** Text of the alarm; null when there is none. */
  #alarm: string | null = null;
  #watch: Cancel | null = null;

  /**
   * `store` is open and not loaded yet; `connections` are those there are at
   * any time. `reopen` is asked when loading ends with an error.
   */
  constructor(
    store: Store,
    registry: Registry,
    alarms: Alarms,
    connections: Iterable<Connection>,
    reopen: Reopen = () => null,
  ) {
    this.#connections = connections;
    this.#registry = registry;
    this.#context = registry.context;
    this.#alarms = alarms;
    this.#reopen = reopen;
    this.#use(store);
  }

  #use(store: Store): void {
    const context = this.#context;
    this.#store = store;
    this.#isOpen = true;
    store.onHealth = (isShort) => {
      // At once: the next message may take the last space.
      if (isShort && this.#isLoaded) context.durability.isFull = true;
      this.#lookSoon();
    };
    store.onTaken = (reason) => this.onTaken(reason);
    store.onCommit = this.#onCommit;
    // Already now: connections that come while it loads have to keep to it.
    const { mode } = store.status;
    const waits = mode === "durable" || mode === "fault-tolerant";
    context.durability.use(store, waits);
  }

  /** Restores what is stored; throws `StoreError` when that is not possible. */
  async start(): Promise<LoadReport> {
    const { watch } = this.#context;
    watch.hold(workOf("restore"));
    const report = await this.#load();
    watch.hold(null);
    if (report.alarm !== null) this.#alarms.raise("storage", report.alarm);
    this.#isLoaded = true;
    this.#look();
    return report;
  }

  /** Damage that only loading shows is dealt with as at the opening. */
  async #load(): Promise<LoadReport> {
    const context = this.#context;
    const { router } = context;
    for (;;) {
      const restorer = new StateRestorer(this.#registry);
      try {
        const report = await this.#store.load(restorer, router.retained);
        // Only now: what was restored must not be noted as if it were new.
        router.changes = context.durability.changes = this.#store.changes;
        restorer.finish();
        return report;
      } catch (error) {
        const open = this.#reopen(error);
        if (open === null) throw error;
        await this.close();
        restorer.discard();
        this.#use(await open());
      }
    }
  }

  /** The store's figures as of now. */
  get status(): StoreStatus {
    return this.#store.status;
  }

  /** As `Store.onCommit`. */
  set onCommit(task: ((ms: number) => void) | null) {
    this.#store.onCommit = this.#onCommit = task;
  }

  /** As `Store.keepTime`. */
  keepTime(): void {
    if (this.#isOpen) this.#store.keepTime();
  }

  /** Writes what has changed so far at once; resolves when it is on disk. */
  save(): Promise<void> {
    const store = this.#store;
    return new Promise((resolve) => {
      store.onStored(store.batch, resolve);
      store.writeSoon();
    });
  }

  /** Writes what is still to be written, and closes the store. */
  async close(): Promise<void> {
    this.#watch?.();
    this.#isLoaded = false;
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await this.#store.close();
  }

  /** Also while a bad health lasts: patience ends by time alone. */
  #lookSoon(): void {
    if (!this.#isLoaded) return;
    this.#watch ??= this.#context.clock.after(LOOK, () => this.#look());
  }

  #look(): void {
    this.#watch = null;
    this.#lookSoon();
    this.#context.faults.survive("the store is looked at again soon", () => {
      this.#judge();
      if (this.#store.health !== "ok" || this.#store.isStuck) return;
      this.#watch?.();
      this.#watch = null;
    });
  }

  #judge(): void {
    const { durability } = this.#context;
    const { health, isStuck } = this.#store;
    durability.isFull = health !== "ok";
    this.#setStuck(isStuck);
    this.#setAlarm(health === "ok" ? null : `${health} ${isStuck}`);
  }

  /** Notes whether commits fail. */
  #setStuck(isStuck: boolean): void {
    const { clock, durability } = this.#context;
    const now = clock.now();
    const wasStuck = this.#stuckSince > 0;
    durability.isStuck = isStuck && durability.barrier !== null;
    if (!isStuck) {
      this.#stuckSince = 0;
      this.#hasClosed = false;
      if (wasStuck) { for (const one of this.#connections) one.storeWorks(); }
    } else if (!wasStuck) {
      this.#stuckSince = Math.max(1, now);
    } else if (!this.#hasClosed && now - this.#stuckSince >= PATIENCE) {
      // Once is enough: no connection begins to wait while commits fail.
      this.#hasClosed = true;
      for (const one of [...this.#connections]) one.storeStuck();
    }
  }

  /** `kind` is that of what is wrong: with another kind the text is new. */
  #setAlarm(kind: string | null): void {
    if (kind === this.#alarm) return;
    this.#alarm = kind;
    if (kind === null) return this.#alarms.clear("disk");
    const { reason, health } = this.#store.status;
    this.#alarms.raise("disk", reason ?? health);
  }
}
