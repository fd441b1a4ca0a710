/** Connections and sessions: the actors that serve clients. */
export { applyLimits } from "./apply_limits.ts";
export type { Connection, ConnectionState } from "./connection.ts";
export { openConnection } from "./open_connection.ts";
export { Context } from "./context.ts";
export type { ContextParts } from "./context.ts";
export { Counters } from "./core/counters.ts";
export type { Deadline, Deadlines } from "./core/deadlines.ts";
export type { AccessHolder } from "./core/access.ts";
export type { DropNote } from "./session/drop_notes.ts";
export { enforceAccess } from "./enforce.ts";
export { NEVER } from "./core/options.ts";
export type { ListenerOptions, SessionOptions } from "./core/options.ts";
export type { Flushable, Passes, Task } from "./core/passes.ts";
export { CLOSE_REASONS, DROP_REASONS } from "./core/reasons.ts";
export type { CloseReason, DropReason, PauseReason } from "./core/reasons.ts";
export {
  isOwnState,
  OWN_STATE,
  refusesReserved,
  RESERVED,
} from "./core/reserved_topic.ts";
export { Registry } from "./registry.ts";
export { Outgoing } from "./core/outgoing.ts";
export { Session } from "./session.ts";
export type {
  SessionConnection,
  SessionOwner,
  SessionState,
} from "./session.ts";
export type { SessionEvents } from "./session/session_clock.ts";
export type {
  ConnectionEnd,
  EndDetail,
  LoggedConnection,
  SessionLog,
} from "./core/session_log.ts";
