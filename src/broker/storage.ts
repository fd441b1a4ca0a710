import type { Cancel } from "../clock/mod.ts";
import type { Context } from "../session/mod.ts";
import type { Store, StoreStatus } from "../store/mod.ts";
import type { Alarms } from "./alarms.ts";
import { StateRestorer } from "./restorer.ts";

/** How often the store is asked whether it can still write (ms). */
const LOOK = 250;

/**
 * Connects a store with the state it keeps: restores at the start, has changes
 * noted from then on, and says when the disk takes no more.
 */
export class Storage {
  readonly #store: Store;
  readonly #context: Context;
  readonly #alarms: Alarms;
  readonly #whenFull: () => void;
  #watch: Cancel | null = null;

  /**
   * `store` is open and not loaded yet; `whenFull` is called when the disk
   * begins to take no more.
   */
  constructor(
    store: Store,
    context: Context,
    alarms: Alarms,
    whenFull: () => void,
  ) {
    this.#whenFull = whenFull;
    this.#store = store;
    this.#context = context;
    this.#alarms = alarms;
    // Already now: connections that come while it loads have to keep to it.
    const { mode } = store.status;
    const waits = mode === "durable" || mode === "fault-tolerant";
    context.store = store;
    context.gate = waits ? store : null;
  }

  /** Restores what is stored; throws `StoreError` when that is not possible. */
  async start(): Promise<void> {
    const context = this.#context;
    const { router } = context;
    const restorer = new StateRestorer(context);
    const report = await this.#store.load(restorer, router.retained);
    // Only now: what was restored must not be noted as if it were new.
    router.changes = context.changes = this.#store.changes;
    restorer.finish();
    if (report.alarm !== null) this.#alarms.raise("storage", report.alarm);
    this.#look();
  }

  /** The store's figures as of now. */
  get status(): StoreStatus {
    return this.#store.status;
  }

  /** Writes what is still to be written, and closes the store. */
  async close(): Promise<void> {
    this.#watch?.();
    await this.#store.close();
  }

  /** A full disk tells nobody, and the hot path must not ask: so it looks. */
  #look(): void {
    const { health, reason } = this.#store.status;
    const isFull = health !== "ok";
    if (isFull !== this.#context.storeFull) {
      this.#context.storeFull = isFull;
      if (isFull) {
        this.#alarms.raise("disk", reason ?? health);
        this.#whenFull();
      } else this.#alarms.clear("disk");
    }
    this.#watch = this.#context.clock.after(LOOK, () => this.#look());
  }
}
