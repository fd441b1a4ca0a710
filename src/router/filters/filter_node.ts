import { isWildcardAt, type SubscriptionOptions } from "../../mqtt/mod.ts";
import { Delivery, type Subscriber } from "../subscribers/delivery.ts";
import { IndexedList } from "../subscribers/indexed_list.ts";
import { LevelNode, pathOf } from "../levels/level_node.ts";
import { Route } from "../subscribers/route.ts";
import type { SharedGroup } from "../subscribers/shared_group.ts";

/**
 * One subscription, and at the same time the delivery it leads to: a topic
 * that matches nothing else of the subscriber needs no further object. A new
 * SUBSCRIBE for the same filter replaces it, never changes it.
 */
export class Subscription extends Delivery {
  /** Where it stands; its filter is the path to there. */
  readonly place: FilterNode;
  /** Grows with every new subscription; a replacement keeps it. */
  readonly sequence: number;
  /** See `SubscriptionOptions`. */
  readonly retainHandling: 0 | 1 | 2;
  /** Owned by the store, see `StoredSubscription`. */
  number = 0;
  /** Owned by the store, see `StoredSubscription`. */
  block = 0;
  /** Ring of the subscriber's subscriptions, oldest first. */
  next: Subscription = this;
  /** The ring's other direction; that of the oldest is the newest. */
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

  /** Its filter, without `$share/group/`. */
  get filter(): string {
    return pathOf(this.place);
  }

  override withoutWildcardsAt(at: number): Delivery | null {
    return isWildcardAt(this.filter, at) ? null : this;
  }

  /** The share name, or null when it is not shared. */
  get share(): string | null {
    return this.group === null ? null : this.group.name;
  }

  /** The subscriber: unique in a list of the subscriptions of one filter. */
  get key(): Subscriber {
    return this.subscriber;
  }

  /** The options it was made with. */
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
 * What stands at a filter when it is more than a single subscription. Its
 * route uses the very arrays of the lists, so that any number of cached topics
 * share them.
 */
export class Recipients {
  /** The subscriptions that are not shared. */
  readonly subscriptions: IndexedList<Subscriber, Subscription> =
    new IndexedList();
  /** The shared ones by group name; none is empty. */
  readonly groups: IndexedList<string, SharedGroup> = new IndexedList();
  /** Leads to all of them. */
  readonly route: Route = new Route(
    this.subscriptions.items,
    this.groups.items,
    0,
  );

  /** Whether nothing is left. */
  get empty(): boolean {
    return this.subscriptions.items.length === 0 &&
      this.groups.items.length === 0;
  }
}

/**
 * A node of the filter tree; the wildcards have places of their own. It stands
 * for more than one level where there is no branch between them.
 */
export class FilterNode extends LevelNode<FilterNode> {
  /** The levels behind the first, each with its slash; never a `#`. */
  tail = "";
  /** The child for `+`. */
  plus: FilterNode | null = null;
  /** The child for `#`. */
  rest: FilterNode | null = null;
  /** Mostly one subscription, and then without a list around it. */
  recipients: Subscription | Recipients | null = null;

  override get text(): string {
    return this.level + this.tail;
  }
}
