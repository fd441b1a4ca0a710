import { Subscription } from "../filters/filter_node.ts";
import type { Delivery, Subscriber } from "../subscribers/delivery.ts";
import type { IndexedList, Keyed } from "../subscribers/indexed_list.ts";

/**
 * Visits the subscriptions of a list, which may change between the steps. It
 * goes backwards, as the last item moves into the place of a removed one: it
 * visits all that stay, and may visit an item twice.
 */
export class MemberCursor {
  readonly #items: readonly Delivery[];
  /** Index behind the next item. */
  #at: number;
  /** Whether all were visited. */
  done = false;

  /** Begins at the newest item. */
  constructor(list: IndexedList<Subscriber, Delivery & Keyed<Subscriber>>) {
    this.#items = list.items;
    this.#at = list.items.length;
  }

  /** Takes one step. Returns the subscription that it visits; null at the end. */
  step(): Subscription | null {
    this.#at = Math.min(this.#at, this.#items.length) - 1;
    if (this.#at < 0) {
      this.done = true;
      return null;
    }
    const item = this.#items[this.#at];
    return item instanceof Subscription ? item : null;
  }
}
