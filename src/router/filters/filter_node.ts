import { isWildcardAt, type SubscriptionOptions } from "../../mqtt/mod.ts";
import { Delivery, type Subscriber } from "../subscribers/delivery.ts";
import { IndexedList } from "../subscribers/indexed_list.ts";
import { LevelNode, pathOf } from "../levels/level_node.ts";
import { Route } from "../subscribers/route.ts";
import type { SharedGroup } from "../subscribers/shared_group.ts";

/**
 * One subscription, which is also its delivery: a topic that matches no other
 * filter of the subscriber needs no further object. A new SUBSCRIBE for the same
 * filter replaces the object and never changes it.
 */
export class Subscription extends Delivery {
  /** Its node in the filter tree; the path to the node is its filter. */
  readonly place: FilterNode;
  /** Order of subscribing; a replacement keeps it. */
  readonly sequence: number;
  /** See `SubscriptionOptions`. */
  readonly retainHandling: 0 | 1 | 2;
  /** Owned by the store, see `StoredSubscription`. */
  number = 0;
  /** Owned by the store, see `StoredSubscription`. */
  block = 0;
  /** Ring of the subscriber's subscriptions, oldest first. */
  next: Subscription = this;
  /** The ring's other direction: the newest precedes the oldest. */
  previous: Subscription = this;

  constructor(
    subscriber: Subscriber,
    options: SubscriptionOptions,
    place: FilterNode,
    group: SharedGroup | null,
    sequence: number,
  ) {
    super(
      subscriber,
      options.qos,
      options.retainAsPublished,
      options.identifier === 0 ? null : [options.identifier],
      group,
      options.noLocal ? null : undefined,
    );
    this.place = place;
    this.sequence = sequence;
    this.retainHandling = options.retainHandling;
  }

  /** Returns its filter, without `$share/group/`. */
  get filter(): string {
    return pathOf(this.place);
  }

  override withoutWildcardsAt(at: number): Delivery | null {
    return isWildcardAt(this.filter, at) ? null : this;
  }

  /** Returns the share name; null for one that is not shared. */
  get share(): string | null {
    return this.group === null ? null : this.group.name;
  }

  /** Returns the subscriber: unique among the subscriptions of one filter. */
  get key(): Subscriber {
    return this.subscriber;
  }

  /** Returns its options. */
  get options(): SubscriptionOptions {
    return {
      qos: this.qos,
      noLocal: this.toPublisher === null,
      retainAsPublished: this.retainAsPublished,
      retainHandling: this.retainHandling,
      identifier: this.identifiers === null ? 0 : this.identifiers[0],
    };
  }
}

/**
 * The subscriptions and groups of a filter that has more than one subscription.
 * Its route uses the arrays of the lists: all cached topics share them.
 */
export class Recipients {
  /** The subscriptions that are not shared. */
  readonly subscriptions: IndexedList<Subscriber, Subscription> =
    new IndexedList();
  /** The groups of shared subscriptions by name; none is empty. */
  readonly groups: IndexedList<string, SharedGroup> = new IndexedList();
  /** The route to all of them. */
  readonly route: Route = new Route(
    this.subscriptions.items,
    this.groups.items,
    0,
  );

  /** Returns whether it has neither subscriptions nor groups. */
  get empty(): boolean {
    return this.subscriptions.items.length === 0 &&
      this.groups.items.length === 0;
  }
}

/**
 * A node of the filter tree, with a place for each wildcard. A node has several
 * levels where no branch is between them.
 */
export class FilterNode extends LevelNode<FilterNode> {
  /** The levels behind the first, each with its slash; never a `#`. */
  tail = "";
  /** The child for `+`. */
  plus: FilterNode | null = null;
  /** The child for `#`. */
  rest: FilterNode | null = null;
  /** One subscription, as mostly, or the lists of several; null for none. */
  recipients: Subscription | Recipients | null = null;

  override get text(): string {
    return this.level + this.tail;
  }
}
