import { ReasonCode } from "../../mqtt/mod.ts";
import type { Store } from "../../store/mod.ts";
import type { CloseReason } from "./reasons.ts";

/** Estimated bytes of a short answer that waits. */
const COST = 64;

/** Bytes that may wait for one connection, by `COST`. */
const MOST = 256 * 1024;

/** A connection, as far as deferred answers need one. */
export interface Waiter {
  /** Closes the connection; an MQTT 5.0 client gets DISCONNECT with `code`. */
  close(reason: CloseReason, code: ReasonCode): void;
  /** Closes the connection because of an error. */
  fail(error: unknown): void;
}

/** An answer, and the batch that has to be on disk before it. */
interface DeferredAck {
  readonly batch: number;
  readonly cost: number;
  readonly send: () => void;
}

/** The deferred answers of one connection: one a packet. */
class Waiting {
  readonly answers = new Map<number, DeferredAck>();
  cost = 0;

  set(key: number, answer: DeferredAck): void {
    this.delete(key);
    this.answers.set(key, answer);
    this.cost += answer.cost;
  }

  delete(key: number): void {
    this.cost -= this.answers.get(key)?.cost ?? 0;
    this.answers.delete(key);
  }
}

/**
 * Answers that wait for the disk without holding up later packets. The outbox
 * cannot do that: while commits fail it would hold up PINGRESP and all other
 * packets without a known end.
 *
 * An ended connection keeps no answers, and a repeated packet gets one answer.
 * The store calls back once a batch, not once an answer.
 */
export class DeferredAcks {
  readonly #waiting = new Map<Waiter, Waiting>();
  /** The latest batch with a call of the store. */
  #asked = 0;

  /** Returns the number of connections that wait. */
  get size(): number {
    return this.#waiting.size;
  }

  /**
   * Calls `send` once all changes noted until now are on disk, unless the
   * connection ends first. `type` and `packetId` name the answer, which takes
   * `bytes`. Closes a connection with too many answers.
   */
  add(
    connection: Waiter,
    store: Store,
    type: number,
    packetId: number,
    send: () => void,
    bytes = 0,
  ): void {
    let waiting = this.#waiting.get(connection);
    if (waiting === undefined) {
      this.#waiting.set(connection, waiting = new Waiting());
    }
    const { batch } = store;
    waiting.set(type << 16 | packetId, { batch, cost: COST + bytes, send });
    if (waiting.cost > MOST) {
      return connection.close("disk-full", ReasonCode.QuotaExceeded);
    }
    if (this.#asked === batch) return;
    this.#asked = batch;
    store.onStored(batch, () => this.#stored(batch));
  }

  /** Drops the answers of a connection that has ended. */
  drop(connection: Waiter): void {
    this.#waiting.delete(connection);
  }

  #stored(batch: number): void {
    for (const [connection, waiting] of this.#waiting) {
      for (const [key, answer] of waiting.answers) {
        if (answer.batch > batch) continue;
        waiting.delete(key);
        try {
          answer.send();
        } catch (error) {
          connection.fail(error);
        }
      }
      if (waiting.answers.size === 0) this.#waiting.delete(connection);
    }
  }
}
