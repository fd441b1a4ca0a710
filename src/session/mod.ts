/** Connections and sessions, which serve clients. */
export { applyLimits } from "./connection/apply_limits.ts";
export type {
  Authenticated,
  Connection,
  ConnectionState,
} from "./connection/connection.ts";
export { openConnection } from "./open_connection.ts";
export { Context } from "./core/context.ts";
export type { ContextParts } from "./core/context.ts";
export { keepBuffers } from "./output/buffers.ts";
export { Counters } from "./core/counters.ts";
export type { Deadline, Deadlines } from "./core/deadlines.ts";
export type { CommitBarrier, Durability } from "./core/durability.ts";
export type { Waiter } from "./core/deferred_acks.ts";
export type { AccessHolder } from "./core/access.ts";
export type { DropNote } from "./session/drop_notes.ts";
export { enforceAccess } from "./session/enforce.ts";
export type {
  PacketTrace,
  TracedConnection,
  Tracing,
} from "./core/packet_trace.ts";
export { NEVER } from "./core/options.ts";
export type { ListenerOptions, SessionOptions } from "./core/options.ts";
export type { Flushable, Task, Turn, TurnTimes } from "./core/turn.ts";
export { workOf } from "./core/turn_watch.ts";
export type {
  OnSlowTurn,
  SlowTurn,
  TurnWatch,
  Work,
  WorkKind,
} from "./core/turn_watch.ts";
export { CLOSE_REASONS, DROP_REASONS, PAUSE_REASONS } from "./core/reasons.ts";
export type { CloseReason, DropReason, PauseReason } from "./core/reasons.ts";
export {
  isOwnState,
  OWN_STATE,
  refusesReserved,
  RESERVED,
} from "./session/reserved_topic.ts";
export { Registry } from "./session/registry.ts";
export { Outgoing } from "./core/outgoing.ts";
export { Session } from "./session/session.ts";
export type {
  SessionConnection,
  SessionOwner,
  SessionState,
} from "./session/session.ts";
export type { SessionEvents } from "./session/session_clock.ts";
export type {
  ConnectionEnd,
  EndDetail,
  LoggedConnection,
  SessionLog,
} from "./core/session_log.ts";
