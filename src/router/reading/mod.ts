/**
 * Reads subscriptions and retained messages one by one, for lists that let other
 * work run between their steps. Loaded with the first list.
 */
export { SubscriptionCursor } from "./subscription_cursor.ts";
export { MatchingCursor } from "./matching_cursor.ts";
export { MemberCursor } from "./member_cursor.ts";
export { childCount, LevelCursor } from "./level_cursor.ts";
export type { Subscription } from "../filters/filter_node.ts";
export type { RetainedNode } from "../retained/retained_node.ts";
