import type { Topic } from "../mqtt/mod.ts";
import type { Identity } from "./authenticator.ts";

/** Decides what a client may do. Asked on the hot path: must not wait. */
export interface Authorizer {
  /** May `identity` publish to `topic`? */
  mayPublish(identity: Identity, topic: Topic): boolean;
  /** May `identity` subscribe to `filter` (without any `$share/group/`)? */
  maySubscribe(identity: Identity, filter: string): boolean;
}
