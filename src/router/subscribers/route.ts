import type { Delivery } from "./delivery.ts";
import type { SharedGroup } from "./shared_group.ts";

/** Where the messages of a topic go: what a match came to. */
export class Route {
  /** One for each subscriber with a subscription that is not shared. */
  readonly deliveries: readonly Delivery[];
  /** Shared groups; one member of each gets the message. */
  readonly groups: readonly SharedGroup[];
  /** What it costs to keep, in array places; 0 when its arrays are shared. */
  readonly weight: number;

  constructor(
    deliveries: readonly Delivery[],
    groups: readonly SharedGroup[],
    weight: number,
  ) {
    this.deliveries = deliveries;
    this.groups = groups;
    this.weight = weight;
  }
}
