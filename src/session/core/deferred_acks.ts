import { ReasonCode } from "../../mqtt/mod.ts";
import type { Store } from "../../store/mod.ts";
import type { CloseReason } from "./reasons.ts";

/** What an answer of a few bytes takes while it waits, about. */
const COST = 64;

/** Bytes that may wait for one connection, by `COST`. */
const MOST = 256 * 1024;

/** A connection, as far as answers to it need one. */
export interface Waiter {
  /** Closes it; an MQTT 5.0 client gets DISCONNECT with `code`. */
  close(reason: CloseReason, code: ReasonCode): void;
  /** Closes it because of an error. */
  fail(error: unknown): void;
}

/** An answer, and the batch that has to be on disk before it. */
interface DeferredAck {
  readonly batch: number;
  readonly cost: number;
  readonly send: () => void;
}

/** What waits for one connection: one answer for each packet asked about. */
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
 * Answers that wait for the disk each by itself, whatever is said behind them
 * goes first. The outbox cannot do that: while commits fail it would hold up
 * PINGRESP and all the rest for nobody knows how long.
 *
 * Nothing is kept for a connection that is gone, and what is asked again is
 * answered once. The store is asked to call once a batch, not once an answer.
 */
export class DeferredAcks {
  readonly #waiting = new Map<Waiter, Waiting>();
  /** The batch that the store was last asked about. */
  #asked = 0;

  /** Connections that wait. */
  get size(): number {
    return this.#waiting.size;
  }

  /**
   * Calls `send` once all that has been noted until now is on disk, unless the
   * connection ends first. `type` and `packetId` name the answer; it takes
   * `bytes`. A connection with too many of them is closed.
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

  /** The connection has ended: nobody is left to be answered. */
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
