import type { Subscription } from "../filters/filter_node.ts";
import type { SubscriptionTable } from "../filters/subscription_table.ts";
import type { Subscriber } from "../subscribers/delivery.ts";

/**
 * Visits the subscriptions of one subscriber, oldest first. They may change
 * between the steps: the cursor visits each filter once, and all that stay.
 */
export class SubscriptionCursor {
  readonly #table: SubscriptionTable;
  readonly #subscriber: Subscriber;
  /** The place in the ring; null at its beginning. */
  #at: Subscription | null = null;
  /** Order of the subscription visited last; the ring ascends. */
  #last = 0;
  /** Whether all were visited. */
  done = false;

  /** Begins before the oldest subscription. */
  constructor(table: SubscriptionTable, subscriber: Subscriber) {
    this.#table = table;
    this.#subscriber = subscriber;
  }

  /**
   * Takes one step, in constant time. Returns the subscription that it visits;
   * null at the end, and while it looks for its place again.
   */
  step(): Subscription | null {
    const oldest = this.#table.oldestOf(this.#subscriber);
    const next = oldest === null ? null : this.#next(oldest);
    if (next === null) {
      this.done = true;
      return null;
    }
    this.#at = next;
    if (next.sequence <= this.#last) return null;
    this.#last = next.sequence;
    return next;
  }

  /** Returns the next place of the ring, or null behind the newest. */
  #next(oldest: Subscription): Subscription | null {
    const at = this.#at;
    // A removed or replaced subscription stands alone in a ring of its own.
    if (at === null || (at.next === at && at !== oldest)) return oldest;
    return at.next.sequence > at.sequence ? at.next : null;
  }
}
