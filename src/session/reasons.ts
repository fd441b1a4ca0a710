/** Why a connection ended. Counted, logged and shown by these words. */
export const CLOSE_REASONS = [
  "client-disconnect",
  "client-closed",
  "broken",
  "protocol-error",
  "refused",
  "taken-over",
  "keep-alive",
  "connect-timeout",
  "auth-failed",
  "shutdown",
  "administrative",
  "too-many-connections",
  "memory-full",
  "disk-full",
  "session-ended",
  "internal-error",
] as const;

/** Why a connection ended. */
export type CloseReason = typeof CLOSE_REASONS[number];

/** Why a message was not delivered to a session, or not taken at all. */
export const DROP_REASONS = [
  "backlog-messages",
  "backlog-bytes",
  "outbound-full",
  "memory-full",
  "detached-qos0",
  "expired",
  "packet-too-large",
  "client-refused",
  "session-ended",
  "not-authorized",
  "retained-full",
] as const;

/** Why a message was dropped. */
export type DropReason = typeof DROP_REASONS[number];

/** Why the pump of a connection does not read. */
export type PauseReason =
  | "loading"
  | "authenticating"
  | "rate"
  | "memory-full"
  | "outbound-full"
  | "stepping-aside";
