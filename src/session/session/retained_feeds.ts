import type { Message, QoS } from "../../mqtt/mod.ts";
import type { Delivery, RetainedCursor } from "../../router/mod.ts";
import { OrderedMap } from "./ordered_map.ts";
import type { Passes } from "../core/passes.ts";

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

/** A feed that is under way. */
interface OpenFeed {
  readonly filter: string;
  readonly cursor: RetainedCursor;
  /** Posts one message; made once, not once a message. */
  readonly take: (message: Message) => void;
}

/** Who gets what is fed. */
export interface FeedTarget {
  /** Whether it can take one more at once. */
  readonly hasRoom: boolean;
  /** The highest QoS up to `qos` at which it may get it by `filter`, or -1. */
  receivable(message: Message, qos: QoS, filter: string): QoS | -1;
  /** Posts one message. */
  post(message: Message, qos: QoS, retain: boolean, delivery: Delivery): void;
  /** A subscription gets no more of what is retained. */
  feedFailed(error: unknown): void;
}

/**
 * The retained messages for the new subscriptions of one session, in slices
 * and no faster than they go out: what is retained can wait where it is.
 */
export class RetainedFeeds {
  readonly #target: FeedTarget;
  readonly #passes: Passes;
  /** By the filter of the subscription. */
  #feeds = new OrderedMap<string, OpenFeed>();
  /** Whether a turn is under way or asked for. */
  #feeding = false;

  constructor(target: FeedTarget, passes: Passes) {
    this.#target = target;
    this.#passes = passes;
  }

  /** Begins with a subscription; one with the same filter is replaced. */
  add(feed: RetainedFeed): void {
    const { filter, cursor } = feed;
    const take = (message: Message) => this.#post(feed, message);
    this.#feeds.set(filter, { filter, cursor, take });
    this.go();
  }

  /** No more for `filter`. */
  stop(filter: string): void {
    this.#feeds.delete(filter);
  }

  /** No more at all. */
  clear(): void {
    this.#feeds = new OrderedMap();
  }

  /** Goes on, if anything is left and the target has room. */
  go(): void {
    if (this.#feeding || this.#feeds.size === 0) return;
    this.#feeding = true;
    if (!this.#feedSlice()) return;
    this.#passes.inTurns(() => this.#feedSlice());
  }

  /** Returns whether to go on in another turn. */
  #feedSlice(): boolean {
    // One by one, so that they fill neither the backlog nor the outbox until
    // something is dropped.
    for (let n = 0; n < SLICE; n++) {
      // Without room it ends here: who makes room calls `go`.
      const feed = this.#target.hasRoom ? this.#feeds.first() : null;
      if (feed === null) return this.#feeding = false;
      try {
        feed.cursor.next(1, this.#passes.now, feed.take);
        if (feed.cursor.done) this.#feeds.delete(feed.filter);
      } catch (error) {
        // It would throw again, and keep all others from their turn.
        this.#feeds.delete(feed.filter);
        this.#target.feedFailed(error);
      }
    }
    return this.#feeding = this.#feeds.size > 0;
  }

  #post(feed: RetainedFeed, message: Message): void {
    const { filter, notFrom, delivery } = feed;
    if (message.publisher === notFrom) return;
    const most = Math.min(message.qos, delivery.qos) as QoS;
    const qos = this.#target.receivable(message, most, filter);
    if (qos < 0) return;
    this.#target.post(message, qos as QoS, true, delivery);
  }
}
