/** Receivers of messages: subscriptions, shared groups, retained messages. */
export { Delivery, Readiness } from "./subscribers/delivery.ts";
export type { SharedName, Subscriber } from "./subscribers/delivery.ts";
export { CachedTopic } from "./matching/cached_topic.ts";
export { HeapBudget } from "./levels/heap_budget.ts";
export { RETAINED_FULL, Router } from "./router.ts";
export type { RouterOptions } from "./router.ts";
export type { SharedStrategy } from "./subscribers/shared_group.ts";
export type { SubscriptionEntry } from "./filters/subscription_table.ts";
export type { RetainedCursor } from "./retained/retained_cursor.ts";
export type {
  RetainedLimits,
  RetainedListener,
  RetainedStore,
  RetainOutcome,
} from "./retained/retained_store.ts";
