import { Recipients, type Subscription } from "../filters/filter_node.ts";
import type { SubscriptionTable } from "../filters/subscription_table.ts";
import { TreeWalk } from "../filters/tree_walk.ts";
import { MemberCursor } from "./member_cursor.ts";

/** One subscription, and its filter when the visit began. */
interface Single {
  readonly subscription: Subscription;
  readonly filter: string;
}

/**
 * Visits the subscriptions, shared ones too, whose filter matches a topic. They
 * may change between the steps: the cursor visits all that stay. It may visit a
 * subscription twice, when others are removed meanwhile.
 */
export class MatchingCursor {
  readonly #table: SubscriptionTable;
  readonly #singles: Single[] = [];
  readonly #lists: MemberCursor[] = [];
  /** Whether all were visited. */
  done = false;

  /** Finds the filters that match the valid `topicName`, as PUBLISH does. */
  constructor(table: SubscriptionTable, topicName: string) {
    this.#table = table;
    const walk = new TreeWalk();
    walk.match(table.tree, topicName);
    for (let i = 0; i < walk.count; i++) {
      const found = walk.found[i];
      if (found instanceof Recipients) {
        this.#lists.push(new MemberCursor(found.subscriptions));
        for (const group of found.groups.items) {
          this.#lists.push(new MemberCursor(group.members));
        }
      } else {
        this.#singles.push({ subscription: found, filter: found.filter });
      }
    }
  }

  /**
   * Takes one step. Returns the subscription that it visits; null at the end, and
   * for one that is gone.
   */
  step(): Subscription | null {
    const single = this.#singles.pop();
    if (single !== undefined) {
      const { subscription: { subscriber }, filter } = single;
      return this.#table.get(subscriber, filter, null);
    }
    const list = this.#lists.at(-1);
    if (list === undefined) {
      this.done = true;
      return null;
    }
    const next = list.step();
    if (list.done) this.#lists.pop();
    return next;
  }
}
