/** Connections and sessions: the actors that serve clients. */
export { Connection } from "./connection.ts";
export type { ConnectionState } from "./connection.ts";
export { Context } from "./context.ts";
export type { ContextParts, SessionLog } from "./context.ts";
export { Counters } from "./counters.ts";
export { NEVER } from "./options.ts";
export type { ListenerOptions, SessionOptions } from "./options.ts";
export { CLOSE_REASONS, DROP_REASONS } from "./reasons.ts";
export type { CloseReason, DropReason, PauseReason } from "./reasons.ts";
export { Session } from "./session.ts";
export type { SessionState } from "./session.ts";
