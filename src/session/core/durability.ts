import type { Message } from "../../mqtt/mod.ts";
import type { Changes, SessionSlot, Store } from "../../store/mod.ts";
import { DeferredAcks, type Waiter } from "./deferred_acks.ts";
import type { Outgoing } from "./outgoing.ts";

/** The commits that acknowledgements wait for. */
export interface CommitBarrier {
  /** Number of the batch that will hold changes noted now. */
  readonly batch: number;
  /** The last batch that may be acknowledged. */
  readonly committed: number;
  /** Calls `task` once `batch` is committed, or at once. */
  onCommitted(batch: number, task: () => void): void;
  /** Drops a `task` of `onCommitted`. */
  forget(task: () => void): void;
}

/**
 * Decides what has to last, and whether it does: notes changes, has answers wait
 * for their commit, and holds packets back while commits fail. Without a store
 * no state lasts, and no answer waits.
 */
export class Durability {
  /**
   * Notes state that has to last; null without a store, and until the state of
   * the former run is restored.
   */
  changes: Changes | null = null;
  /** Whether the broker refuses for now messages that would have to last. */
  isFull = false;
  /**
   * Whether the commits that acknowledgements wait for fail, with no known end;
   * never in modes that acknowledge at once.
   */
  isStuck = false;
  #store: Store | null = null;
  #barrier: Store | null = null;
  readonly #deferred = new DeferredAcks();

  /**
   * Uses `store`, or another one in its place. With `isAwaited`
   * acknowledgements wait for its commits.
   */
  use(store: Store, isAwaited: boolean): void {
    this.#store = store;
    this.#barrier = isAwaited ? store : null;
  }

  /** Returns the commits to wait for; null in modes that acknowledge at once. */
  get barrier(): CommitBarrier | null {
    return this.#barrier;
  }

  /** Returns the fault of the disk, for people; null while it works. */
  get trouble(): string | null {
    return this.#store?.status.reason ?? null;
  }

  /** Counts the connections that wait for a deferred answer. */
  get waiting(): number {
    return this.#deferred.size;
  }

  /** Returns the number of the batch that will hold changes noted now. */
  get batch(): number {
    return this.#store!.batch;
  }

  /** Calls `task` once `batch` is on disk, whatever the mode promises. */
  onStored(batch: number, task: () => void): void {
    this.#store!.onStored(batch, task);
  }

  /** Drops a `task` of `onStored`. */
  forget(task: () => void): void {
    this.#store!.forget(task);
  }

  /** Has the noted changes written soon, and not a flush interval later. */
  writeSoon(): void {
    this.#store!.writeSoon();
  }

  /** Returns whether `entry` is on disk as it is now. */
  isStored(entry: Outgoing): boolean {
    return this.#store!.isStored(entry);
  }

  /** Returns whether the disk has a session, so that a crash brings it back. */
  hasSession(slot: SessionSlot | null): slot is SessionSlot {
    return this.#store !== null && slot !== null && slot.block !== 0;
  }

  /** Returns whether a crash now could bring back a received packet id. */
  mayReceiveAny(slot: SessionSlot): boolean {
    return slot.mayReceiveAny(this.#store!.stored);
  }

  /**
   * Returns whether a crash could make the broker forget the packet id of an
   * outgoing QoS 2 message. Where PUBLISH waits for the disk, it does not go
   * out before the disk has its packet id.
   */
  mayForgetId({ volatile }: Message): boolean {
    return this.#store !== null && (this.#barrier === null || volatile);
  }

  /**
   * Returns whether `entry` must not be sent, nor its PUBREL, because commits
   * fail and the disk does not have it as it is: after a crash it would go out
   * as another one. An entry without a packet id may be on disk, but the id it
   * would get is not.
   */
  mustStay(entry: Outgoing): boolean {
    return this.isStuck && entry.qos === 2 &&
      entry.delivery.subscriber.slot !== null &&
      !entry.volatile &&
      (entry.packetId === 0 || !this.isStored(entry));
  }

  /**
   * Calls `answer` once all changes noted until now are on disk, without holding
   * up the packets that the connection sends meanwhile. `type` and `packetId` name
   * the answer, which takes `bytes`.
   */
  defer(
    connection: Waiter,
    type: number,
    packetId: number,
    answer: () => void,
    bytes = 0,
  ): void {
    const store = this.#store!;
    this.#deferred.add(connection, store, type, packetId, answer, bytes);
  }

  /** Drops the deferred answers of a connection that has ended. */
  drop(connection: Waiter): void {
    this.#deferred.drop(connection);
  }

  /** Returns whether PUBREC may repeat that `packetId` was received. */
  isReceivedSafe(slot: SessionSlot | null, packetId: number): boolean {
    return !this.isStuck ||
      (slot?.hasReceived(packetId, this.#store!.stored) ?? false);
  }

  /**
   * Returns whether PUBCOMP may say that `packetId` is released. A crash must
   * not bring it back: the broker would take the next message under it for a
   * repeated one. So PUBCOMP waits in `buffered`, too, and also where the id is
   * unknown only because its release is not on disk yet.
   */
  isReleaseSafe(
    slot: SessionSlot | null,
    packetId: number,
    isKnown: boolean,
  ): boolean {
    if (this.#store === null || slot === null) return true;
    // The outbox waits for the commit.
    if (isKnown && this.#barrier !== null && !this.isStuck) return true;
    return !slot.mayReceive(packetId, this.#store.stored);
  }
}
