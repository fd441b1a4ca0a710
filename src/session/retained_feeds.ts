import type { Message, QoS } from "../mqtt/mod.ts";
import type { Delivery, RetainedCursor } from "../router/mod.ts";
import type { Passes } from "./passes.ts";

/** Retained messages looked at before others get their turn. */
const SLICE = 256;

/** Retained messages that one subscription still has to be given. */
export interface RetainedFeed {
  /** The filter of the subscription. */
  readonly filter: string;
  /** Goes over what is retained and matches. */
  readonly cursor: RetainedCursor;
  /** How they reach the subscriber. */
  readonly delivery: Delivery;
  /** The client whose own messages are left out; null leaves out nothing. */
  readonly notFrom: string | null;
}

/** Who gets what is fed. */
export interface FeedTarget {
  /** Whether it can take one more at once. */
  readonly hasRoom: boolean;
  /** The highest QoS up to `qos` at which it may get `message`, or -1. */
  receivable(message: Message, qos: QoS): QoS | -1;
  /** Posts one message. */
  post(message: Message, qos: QoS, retain: boolean, delivery: Delivery): void;
}

/**
 * The retained messages for the new subscriptions of one session, in slices
 * and no faster than they go out: what is retained can wait where it is.
 */
export class RetainedFeeds {
  readonly #target: FeedTarget;
  readonly #passes: Passes;
  #feeds: readonly RetainedFeed[] = [];
  /** Whether a turn is under way or asked for. */
  #feeding = false;

  constructor(target: FeedTarget, passes: Passes) {
    this.#target = target;
    this.#passes = passes;
  }

  /** Begins with the messages of one more subscription. */
  add(feed: RetainedFeed): void {
    this.#feeds = [...this.#feeds, feed];
    this.go();
  }

  /** No more for `filter`. */
  stop(filter: string): void {
    this.#feeds = this.#feeds.filter((feed) => feed.filter !== filter);
  }

  /** No more at all. */
  clear(): void {
    this.#feeds = [];
  }

  /** Goes on, if anything is left and the target has room. */
  go(): void {
    if (this.#feeding || this.#feeds.length === 0) return;
    this.#feeding = true;
    if (!this.#feedSlice()) return;
    this.#passes.inTurns(() => this.#feedSlice());
  }

  /** Returns whether to go on in another turn. */
  #feedSlice(): boolean {
    // Without room it ends here: who makes room calls `go`.
    if (this.#feeds.length === 0 || !this.#target.hasRoom) {
      return this.#feeding = false;
    }
    const feed = this.#feeds[0];
    const take = (message: Message) => {
      if (message.publisher === feed.notFrom) return;
      const most = Math.min(message.qos, feed.delivery.qos) as QoS;
      const qos = this.#target.receivable(message, most);
      if (qos < 0) return;
      this.#target.post(message, qos as QoS, true, feed.delivery);
    };
    // One by one, so that they fill neither the backlog nor the outbox until
    // something is dropped.
    for (let n = 0; n < SLICE && !feed.cursor.done; n++) {
      feed.cursor.next(1, this.#passes.now, take);
      if (!this.#target.hasRoom) break;
    }
    if (feed.cursor.done) this.#feeds = this.#feeds.slice(1);
    return this.#feeding = this.#feeds.length > 0;
  }
}
