/** Why a connection ended. Counted, logged and shown by these words. */
export const CLOSE_REASONS = [
  // The client said DISCONNECT; it closed without; the stream failed.
  "client-disconnect",
  "client-closed",
  "broken",
  "protocol-error",
  // Its Maximum Packet Size has no room for an answer that it waits for.
  "answer-too-large",
  // CONNECT was not taken, for another reason than who sent it.
  "refused",
  // The session of its client id belongs to another user.
  "client-id-owned",
  "taken-over",
  "keep-alive",
  "connect-timeout",
  "auth-failed",
  // What let the client in holds no longer: its token, say.
  "auth-expired",
  // What it did is not allowed by the access rules.
  "not-authorized",
  // The settings have changed: who let it in would not do so any more.
  "login-withdrawn",
  "listener-removed",
  "certificate-refused",
  "certificate-revoked",
  "shutdown",
  "too-many-connections",
  // Before MQTT begins: who may come, and how the beginning goes.
  "reset-before-accept",
  "network-refused",
  "proxy-header",
  "proxy-client-tls",
  "tls-handshake",
  "websocket-handshake",
  "unknown-protocol",
  "handshake-timeout",
  "too-many-handshakes",
  "memory-full",
  "disk-full",
  "internal-error",
] as const;

/** Why a connection ended. */
export type CloseReason = typeof CLOSE_REASONS[number];

/** Why a message was not delivered to a session, or not taken at all. */
export const DROP_REASONS = [
  // The bounds of what may wait for one session.
  "backlog-messages",
  "backlog-bytes",
  "outbound-full",
  // The bound of what may wait for all sessions together.
  "memory-full",
  "disk-full",
  "detached-qos0",
  "expired",
  "packet-too-large",
  "client-refused",
  "session-ended",
  // The publisher may not publish it; the receiver may not receive it.
  "not-authorized",
  "read-denied",
  "retained-full",
] as const;

/** Why a message was dropped. */
export type DropReason = typeof DROP_REASONS[number];

/** Why the pump of a connection does not read. */
export const PAUSE_REASONS = [
  // The state of the former run is being restored.
  "loading",
  "authenticating",
  // The end of the former session is not on disk.
  "session-ending",
  // A web server is asked about a PUBLISH or SUBSCRIBE.
  "access",
  // `publish_rate` or `publish_bytes_rate`.
  "rate",
  "memory-full",
  "disk-full",
  // The client does not read what it is sent.
  "outbound-full",
  // A packet with many topic filters is handled in slices.
  "long-packet",
] as const;

/** Why the pump of a connection does not read. */
export type PauseReason = typeof PAUSE_REASONS[number];
