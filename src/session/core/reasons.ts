import type { ErrorCode } from "../../errors/mod.ts";
import { ProtocolError, type ReasonCode } from "../../mqtt/mod.ts";

/** Reasons for the end of a connection, in counters, log and `$SYS`. */
export const CLOSE_REASONS = [
  // DISCONNECT; a close without DISCONNECT; a failure of the stream.
  "client-disconnect",
  "client-closed",
  "broken",
  "protocol-error",
  // Its Maximum Packet Size has no room for an answer that it waits for.
  "answer-too-large",
  // CONNECT was refused for another reason than its sender.
  "refused",
  // The session of its client id belongs to another user.
  "client-id-owned",
  "taken-over",
  "keep-alive",
  "connect-timeout",
  "auth-failed",
  // The client's token or certificate has expired.
  "auth-expired",
  // The access rules do not allow it.
  "not-authorized",
  // The settings have changed, and no longer admit the client.
  "login-withdrawn",
  "listener-removed",
  "certificate-refused",
  "certificate-revoked",
  // An administrator disconnects the client.
  "administrative-action",
  "shutdown",
  "too-many-connections",
  // Before MQTT: peers refused, and failed handshakes.
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

/** One of these reasons. */
export type CloseReason = typeof CLOSE_REASONS[number];

/** Reasons why a message is not delivered to a session, or not accepted. */
export const DROP_REASONS = [
  // Bounds of the messages of one session.
  "backlog-messages",
  "backlog-bytes",
  "outbound-full",
  // Bounds of the messages of all sessions together.
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

/** One of these reasons. */
export type DropReason = typeof DROP_REASONS[number];

/** Reasons why the pump of a connection does not read. */
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

/** One of these reasons. */
export type PauseReason = typeof PAUSE_REASONS[number];

/** A `ProtocolError` that is counted and logged under a reason of its own. */
export class ClosingError extends ProtocolError {
  /** The reason of the end. */
  readonly why: CloseReason;

  /** `detail` is for the log alone; without it the log has the message. */
  constructor(
    why: CloseReason,
    reasonCode: ReasonCode,
    message: string,
    detail: string | null = null,
  ) {
    super(reasonCode, message, detail);
    this.why = why;
  }

  /** The code, as the log has it. */
  override get code(): ErrorCode {
    return this.why;
  }
}

/** Returns the reason of an end by `error`: mostly `otherwise`. */
export function closeReasonOf(
  error: ProtocolError,
  otherwise: CloseReason,
): CloseReason {
  return error instanceof ClosingError ? error.why : otherwise;
}
