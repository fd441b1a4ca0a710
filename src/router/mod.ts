/** Who gets a message: subscriptions, matches, retained, shared groups. */
export { Delivery, Readiness } from "./delivery.ts";
export type { SharedName, Subscriber } from "./delivery.ts";
export { CachedTopic } from "./cached_topic.ts";
export { RETAINED_FULL, Router } from "./router.ts";
export type { RouterOptions } from "./router.ts";
export type { SharedStrategy } from "./shared_group.ts";
export type { SubscriptionEntry } from "./subscription_table.ts";
export type { RetainedCursor } from "./retained_cursor.ts";
export type {
  RetainedLimits,
  RetainedListener,
  RetainedStore,
  RetainOutcome,
} from "./retained_store.ts";
