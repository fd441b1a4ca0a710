import { broken } from "../../errors/mod.ts";
import type { SubscriptionOptions } from "../../mqtt/mod.ts";
import type { Changes } from "../../store/mod.ts";
import type { SharedName, Subscriber } from "../subscribers/delivery.ts";
import { type FilterNode, Recipients, Subscription } from "./filter_node.ts";
import { FilterShapes, shapeOf } from "./filter_shapes.ts";
import { FilterTree } from "./filter_tree.ts";
import { HeapBudget } from "../levels/heap_budget.ts";
import { pathOf } from "../levels/level_node.ts";
import { SharedGroup } from "../subscribers/shared_group.ts";

/** Bytes of V8's heap that a subscription takes, measured. */
const SUBSCRIPTION_HEAP = 200;

/** Bytes of V8's heap that a filter takes beside its text, measured. */
const FILTER_HEAP = 200;

/** Bytes of V8's heap that a shared group takes beside its name, measured. */
const GROUP_HEAP = 700;

/** Subscriptions up to which the shapes of most sessions need no counting. */
const FEW = 16;

/** A subscription as its subscriber made it. */
export interface SubscriptionEntry {
  /** The filter, without `$share/group/`. */
  readonly filter: string;
  /** The share name; null for one that is not shared. */
  readonly group: string | null;
  /** The Subscription Options. */
  readonly options: SubscriptionOptions;
}

/**
 * All subscriptions, by filter and by subscriber. The table has no text of the
 * filters: a filter is the path to its node in the tree.
 */
export class SubscriptionTable {
  /** The filters; their nodes have the subscriptions. */
  readonly tree: FilterTree = new FilterTree();
  readonly #heap: HeapBudget;
  /** The oldest subscription of each subscriber, the entry of its ring. */
  readonly #oldest = new Map<Subscriber, Subscription>();
  /** Shapes of subscribers that have or had many subscriptions. */
  readonly #shapes = new Map<Subscriber, FilterShapes>();
  #size = 0;
  #shared = 0;
  #sequence = 0;
  /** Notes new and removed subscriptions in the store; null without one. */
  changes: Changes | null = null;

  /** Begins empty; its subscriptions count in `heap`. */
  constructor(heap: HeapBudget = new HeapBudget()) {
    this.#heap = heap;
  }

  /** Returns the number of subscriptions, with shared ones. */
  get count(): number {
    return this.#size;
  }

  /** Returns the number of shared subscriptions. */
  get shared(): number {
    return this.#shared;
  }

  /** Returns the number of subscribers with a subscription. */
  get subscribers(): number {
    return this.#oldest.size;
  }

  /** Adds a subscription, or replaces the present one [MQTT-3.8.4-3]. */
  put(
    subscriber: Subscriber,
    filter: string,
    groupName: string | null,
    options: SubscriptionOptions,
  ): Subscription {
    const place = this.tree.place(filter);
    const before = lookUp(place, subscriber, groupName);
    if (place.recipients === null) this.#count(FILTER_HEAP, filter);
    const group = groupName === null
      ? null
      : this.#groupAt(place, groupName, filter);
    const made = new Subscription(
      subscriber,
      options,
      place,
      group,
      before?.sequence ?? ++this.#sequence,
    );
    this.#link(made, before);
    if (group !== null) group.members.put(made);
    else putPlain(place, made);
    if (this.changes !== null) {
      if (before !== null) this.changes.unsubscribed(before);
      this.changes.subscribed(made);
    }
    if (before !== null) return made;
    this.#noteShape(made, filter, "add");
    this.#size++;
    this.#take(SUBSCRIPTION_HEAP);
    subscriber.subscriptions++;
    if (group !== null) this.#shared++;
    return made;
  }

  /** Returns the subscription with this filter and group, or null. */
  get(
    subscriber: Subscriber,
    filter: string,
    groupName: string | null,
  ): Subscription | null {
    const place = this.tree.find(filter);
    return place === null ? null : lookUp(place, subscriber, groupName);
  }

  /**
   * Returns whether a match compares at most `most` levels because of the
   * wildcards and share names of `subscriber`, with one more filter.
   */
  fits(
    subscriber: Subscriber,
    filter: string,
    groupName: string | null,
    most: number,
  ): boolean {
    const shape = shapeOf(filter, groupName);
    if (shape === null) return true;
    let shapes = this.#shapes.get(subscriber);
    if (shapes === undefined) {
      // The shapes before were no larger, or they would be counted.
      if (subscriber.subscriptions < FEW && shape.levels * FEW <= most) {
        return true;
      }
      shapes = new FilterShapes();
      for (const { filter, group } of this.of(subscriber)) {
        const one = shapeOf(filter, group);
        if (one !== null) shapes.add(one);
      }
      this.#shapes.set(subscriber, shapes);
    }
    return shapes.levelsWith(shape) <= most;
  }

  /** Removes a subscription; returns false when there is none. */
  remove(
    subscriber: Subscriber,
    filter: string,
    groupName: string | null,
  ): boolean {
    const subscription = this.get(subscriber, filter, groupName);
    if (subscription === null) return false;
    this.#drop(subscription);
    return true;
  }

  /** Removes and returns the oldest subscription of `subscriber`, or null. */
  removeOldest(subscriber: Subscriber): Subscription | null {
    const oldest = this.#oldest.get(subscriber);
    if (oldest === undefined) return null;
    this.#drop(oldest);
    return oldest;
  }

  /** Returns the oldest subscription of `subscriber`, or null. */
  oldestOf(subscriber: Subscriber): Subscription | null {
    return this.#oldest.get(subscriber) ?? null;
  }

  /** Iterates over the subscriptions of `subscriber`, oldest first. */
  *of(subscriber: Subscriber): IterableIterator<SubscriptionEntry> {
    const oldest = this.#oldest.get(subscriber);
    if (oldest === undefined) return;
    let at = oldest;
    do {
      yield {
        filter: pathOf(at.place),
        group: at.group === null ? null : at.group.name,
        options: at.options,
      };
      at = at.next;
    } while (at !== oldest);
  }

  /** Returns the group `name` at `filter`; null for one without members. */
  group(filter: string, name: string): SharedGroup | null {
    const recipients = this.tree.find(filter)?.recipients;
    if (!(recipients instanceof Recipients)) return null;
    return recipients.groups.find(name) ?? null;
  }

  #noteShape(
    { subscriber, share }: Subscription,
    filter: string,
    change: "add" | "remove",
  ): void {
    if (this.#shapes.size === 0) return;
    const shapes = this.#shapes.get(subscriber);
    if (shapes === undefined) return;
    const shape = shapeOf(filter, share);
    if (shape !== null) shapes[change](shape);
  }

  /** Adds `made` to its subscriber's ring, in place of `before` or at the end. */
  #link(made: Subscription, before: Subscription | null): void {
    const oldest = this.#oldest.get(made.subscriber);
    if (oldest === undefined) {
      this.#oldest.set(made.subscriber, made);
      return;
    }
    if (before === null) {
      between(oldest.previous, made, oldest);
      return;
    }
    if (before.next !== before) between(before.previous, made, before.next);
    if (before === oldest) this.#oldest.set(made.subscriber, made);
    before.next = before.previous = before;
  }

  #unlink(subscription: Subscription): void {
    const { next, previous, subscriber } = subscription;
    if (next === subscription) {
      this.#oldest.delete(subscriber);
      this.#shapes.delete(subscriber);
      return;
    }
    previous.next = next;
    next.previous = previous;
    if (this.#oldest.get(subscriber) === subscription) {
      this.#oldest.set(subscriber, next);
    }
    // A queued delivery must not keep the rest of the ring alive.
    subscription.next = subscription.previous = subscription;
  }

  #uncount(subscriber: Subscriber, isShared: boolean): void {
    const which = "subscriptions";
    if (--this.#size < 0) this.#size = broken(which, this.#size);
    if (--subscriber.subscriptions < 0) {
      subscriber.subscriptions = broken(which, subscriber.subscriptions);
    }
    if (!isShared) return;
    if (--this.#shared < 0) this.#shared = broken(which, this.#shared);
  }

  #drop(subscription: Subscription): void {
    const { place, subscriber, group } = subscription;
    this.changes?.unsubscribed(subscription);
    if (this.#shapes.has(subscriber)) {
      this.#noteShape(subscription, subscription.filter, "remove");
    }
    this.#unlink(subscription);
    this.#take(-SUBSCRIPTION_HEAP);
    this.#uncount(subscriber, group !== null);
    const recipients = place.recipients;
    if (recipients instanceof Recipients) {
      if (group === null) recipients.subscriptions.remove(subscriber);
      else this.#dropMember(recipients, group, subscriber);
      if (!recipients.empty) return;
    }
    this.#count(-FILTER_HEAP, subscription.filter);
    place.recipients = null;
    this.tree.prune(place);
  }

  #groupAt(place: FilterNode, name: string, filter: string): SharedGroup {
    const { groups } = recipientsAt(place);
    let group = groups.find(name);
    if (group === undefined) {
      group = new SharedGroup(name, filter);
      groups.put(group);
      this.#count(GROUP_HEAP, name);
    }
    return group;
  }

  #dropMember(
    recipients: Recipients,
    { name }: SharedName,
    subscriber: Subscriber,
  ): void {
    const group = recipients.groups.find(name);
    if (group === undefined) return;
    group.members.remove(subscriber);
    if (group.members.items.length > 0) return;
    recipients.groups.remove(name);
    this.#count(-GROUP_HEAP, name);
  }

  /** Counts `bytes` of the heap and those of a text; takes both back below 0. */
  #count(bytes: number, { length }: string): void {
    this.#take(bytes + (bytes < 0 ? -length : length));
  }

  #take(bytes: number): void {
    this.#heap.used += bytes;
    this.#heap.sessions += bytes;
  }
}

function between(
  left: Subscription,
  middle: Subscription,
  right: Subscription,
): void {
  middle.previous = left;
  middle.next = right;
  left.next = middle;
  right.previous = middle;
}

function lookUp(
  place: FilterNode,
  subscriber: Subscriber,
  groupName: string | null,
): Subscription | null {
  const recipients = place.recipients;
  if (recipients instanceof Recipients) {
    if (groupName === null) {
      return recipients.subscriptions.find(subscriber) ?? null;
    }
    const member = recipients.groups.find(groupName)?.members.find(subscriber);
    return member instanceof Subscription ? member : null;
  }
  if (groupName !== null || recipients?.subscriber !== subscriber) return null;
  return recipients;
}

function putPlain(place: FilterNode, made: Subscription): void {
  const recipients = place.recipients;
  if (recipients instanceof Recipients) {
    recipients.subscriptions.put(made);
  } else if (
    recipients === null || recipients.subscriber === made.subscriber
  ) {
    place.recipients = made;
  } else {
    recipientsAt(place).subscriptions.put(made);
  }
}

/** Makes room at `place` for more than a single subscription. */
function recipientsAt(place: FilterNode): Recipients {
  const before = place.recipients;
  if (before instanceof Recipients) return before;
  const recipients = new Recipients();
  if (before !== null) recipients.subscriptions.put(before);
  place.recipients = recipients;
  return recipients;
}
