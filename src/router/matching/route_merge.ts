import type { QoS } from "../../mqtt/mod.ts";
import { Delivery, type Subscriber } from "../subscribers/delivery.ts";
import { type Recipients, Subscription } from "../filters/filter_node.ts";
import { Route } from "../subscribers/route.ts";
import type { SharedGroup } from "../subscribers/shared_group.ts";

/** Memory of a delivery, in array places. */
const DELIVERY_WEIGHT = 10;

/** The delivery of overlapping subscriptions, with its parts. */
class Overlap extends Delivery {
  readonly #parts: readonly Subscription[];

  constructor(merged: Delivery, parts: readonly Subscription[]) {
    super(
      merged.subscriber,
      merged.qos,
      merged.retainAsPublished,
      merged.identifiers,
      null,
      merged.toPublisher === merged ? undefined : merged.toPublisher,
    );
    this.#parts = parts;
  }

  override withoutWildcardsAt(at: number): Delivery | null {
    const left = this.#parts.filter((one) => one.withoutWildcardsAt(at));
    if (left.length === this.#parts.length) return this;
    if (left.length > 1) return merge(left, undefined);
    return left.length === 0 ? null : left[0];
  }
}

/**
 * Makes one route of the first `count` ≥ 2 places of `found`: one delivery for
 * each subscriber, however many of its filters match, and every shared group (a
 * shared subscription does not overlap with others).
 *
 * @param isSpecial Whether a level of the topic begins with `$`: it may be the
 * first level that clients behind a mount point see.
 */
export function mergeRoute(
  found: readonly (Subscription | Recipients)[],
  count: number,
  isSpecial = false,
): Route {
  const bySubscriber = new Map<Subscriber, Subscription | Subscription[]>();
  const groups: SharedGroup[] = [];
  for (let i = 0; i < count; i++) {
    const at = found[i];
    if (at instanceof Subscription) {
      note(bySubscriber, at);
    } else {
      for (const one of at.subscriptions.items) note(bySubscriber, one);
      for (const group of at.groups.items) groups.push(group);
    }
  }
  const deliveries: Delivery[] = [];
  let weight = bySubscriber.size + groups.length;
  for (const one of bySubscriber.values()) {
    if (one instanceof Subscription) {
      deliveries.push(one);
    } else {
      deliveries.push(mergeOverlapping(one, isSpecial));
      weight += DELIVERY_WEIGHT + (isSpecial ? one.length : 0);
    }
  }
  return new Route(deliveries, groups, weight);
}

function note(
  bySubscriber: Map<Subscriber, Subscription | Subscription[]>,
  subscription: Subscription,
): void {
  const before = bySubscriber.get(subscription.subscriber);
  if (before === undefined) {
    bySubscriber.set(subscription.subscriber, subscription);
  } else if (before instanceof Subscription) {
    bySubscriber.set(subscription.subscriber, [before, subscription]);
  } else {
    before.push(subscription);
  }
}

/**
 * Returns the delivery of overlapping subscriptions of one subscriber: with the
 * highest QoS [MQTT-3.3.4-2] and the identifiers of all [MQTT-3.3.4-4]. To its
 * publisher without the subscriptions with No Local.
 */
function mergeOverlapping(all: Subscription[], isSpecial: boolean): Delivery {
  all.sort((a, b) => a.sequence - b.sequence);
  const unite = (
    some: readonly Subscription[],
    toPublisher: Delivery | null | undefined,
  ) => {
    const merged = merge(some, toPublisher);
    return isSpecial ? new Overlap(merged, some) : merged;
  };
  const local = all.filter((one) => one.toPublisher !== null);
  if (local.length === all.length) return unite(all, undefined);
  if (local.length === 0) return unite(all, null);
  return unite(all, local.length === 1 ? local[0] : unite(local, undefined));
}

function merge(
  subscriptions: readonly Subscription[],
  toPublisher: Delivery | null | undefined,
): Delivery {
  let qos: QoS = 0;
  let retainAsPublished = false;
  const identifiers: number[] = [];
  for (const one of subscriptions) {
    if (one.qos > qos) qos = one.qos;
    retainAsPublished ||= one.retainAsPublished;
    if (one.identifiers !== null) identifiers.push(...one.identifiers);
  }
  return new Delivery(
    subscriptions[0].subscriber,
    qos,
    retainAsPublished,
    identifiers.length === 0 ? null : identifiers,
    null,
    toPublisher,
  );
}
