/** Connections and sessions: the actors that serve clients. */
export { applyLimits } from "./apply_limits.ts";
export { Connection } from "./connection.ts";
export type { ConnectionState } from "./connection.ts";
export { Context } from "./context.ts";
export type { ContextParts } from "./context.ts";
export { Counters } from "./counters.ts";
export type { Deadline, Deadlines } from "./deadlines.ts";
export type { AccessHolder } from "./access.ts";
export type { DropNote } from "./drop_notes.ts";
export { enforceAccess } from "./enforce.ts";
export type { IdentityEnd } from "./identity_end.ts";
export { NEVER } from "./options.ts";
export type { ListenerOptions, SessionOptions } from "./options.ts";
export type { Flushable, Passes, Task } from "./passes.ts";
export { CLOSE_REASONS, DROP_REASONS } from "./reasons.ts";
export type { CloseReason, DropReason, PauseReason } from "./reasons.ts";
export {
  isOwnState,
  OWN_STATE,
  refusesReserved,
  RESERVED,
} from "./reserved_topic.ts";
export type { Registry } from "./registry.ts";
export { Outgoing } from "./outgoing.ts";
export { Session } from "./session.ts";
export type { SessionState } from "./session.ts";
export type { SessionEvents } from "./session_clock.ts";
export type {
  ConnectionEnd,
  EndDetail,
  LoggedConnection,
  SessionLog,
} from "./session_log.ts";
