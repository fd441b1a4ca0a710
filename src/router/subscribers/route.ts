import type { Delivery } from "./delivery.ts";
import type { SharedGroup } from "./shared_group.ts";

/** The receivers of a topic: the result of a match. */
export class Route {
  /** One delivery for each subscriber with a subscription that is not shared. */
  readonly deliveries: readonly Delivery[];
  /** Shared groups; one member of each gets the message. */
  readonly groups: readonly SharedGroup[];
  /** Memory of the route in array places; 0 for shared arrays. */
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
