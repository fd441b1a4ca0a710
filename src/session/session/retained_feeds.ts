import type { Message, QoS } from "../../mqtt/mod.ts";
import type { Delivery, RetainedCursor } from "../../router/mod.ts";
import { OrderedMap } from "./ordered_map.ts";
import type { Turn } from "../core/turn.ts";

/** Retained messages visited before others get their turn. */
const SLICE = 256;

/** Retained messages for one new subscription. */
export interface RetainedFeed {
  /** The filter of the subscription. */
  readonly filter: string;
  /** Visits the matching retained messages. */
  readonly cursor: RetainedCursor;
  /** Delivery of the subscription. */
  readonly delivery: Delivery;
  /** Client whose own messages are left out, or null. */
  readonly notFrom: string | null;
}

/** A feed that is under way. */
interface OpenFeed {
  readonly filter: string;
  readonly cursor: RetainedCursor;
  /** Posts one message; one function for all messages. */
  readonly take: (message: Message) => void;
}

/** The queue that gets the messages. */
export interface FeedTarget {
  /** Whether it can send one more at once. */
  readonly hasRoom: boolean;
  /** Returns the highest QoS up to `qos` for a message by `filter`, or -1. */
  receivable(message: Message, qos: QoS, filter: string): QoS | -1;
  /** Posts one message. */
  post(message: Message, qos: QoS, retain: boolean, delivery: Delivery): void;
  /** Notes a failed feed: the subscription gets no more retained messages. */
  feedFailed(error: unknown): void;
}

/**
 * Feeds retained messages to the new subscriptions of one session, in slices and
 * no faster than they are sent: retained messages wait where they are.
 */
export class RetainedFeeds {
  readonly #target: FeedTarget;
  readonly #turn: Turn;
  /** Feeds by the filter of the subscription. */
  #feeds = new OrderedMap<string, OpenFeed>();
  /** Whether a turn is under way or scheduled. */
  #feeding = false;

  constructor(target: FeedTarget, turn: Turn) {
    this.#target = target;
    this.#turn = turn;
  }

  /** Begins a feed, in place of one with the same filter. */
  add(feed: RetainedFeed): void {
    const { filter, cursor } = feed;
    const take = (message: Message) => this.#post(feed, message);
    this.#feeds.set(filter, { filter, cursor, take });
    this.go();
  }

  /** Ends the feed for `filter`. */
  stop(filter: string): void {
    this.#feeds.delete(filter);
  }

  /** Ends all feeds. */
  clear(): void {
    this.#feeds = new OrderedMap();
  }

  /** Goes on while feeds are left and the target has room. */
  go(): void {
    if (this.#feeding || this.#feeds.size === 0) return;
    this.#feeding = true;
    if (!this.#feedSlice()) return;
    this.#turn.inTurns(() => this.#feedSlice());
  }

  /** Returns whether to go on in another turn. */
  #feedSlice(): boolean {
    // One by one: a feed must not fill backlog and outbox until messages drop.
    for (let n = 0; n < SLICE; n++) {
      // Without room the turn ends: making room calls `go`.
      const feed = this.#target.hasRoom ? this.#feeds.first() : null;
      if (feed === null) return this.#feeding = false;
      try {
        feed.cursor.next(1, this.#turn.now, feed.take);
        if (feed.cursor.done) this.#feeds.delete(feed.filter);
      } catch (error) {
        // The feed would fail again, and keep all others from their turn.
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
