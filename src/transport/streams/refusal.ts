import type { PeerAddress } from "./byte_stream.ts";
import type { PeerFault } from "./foreign_protocol.ts";

/** Why a connection ended before it came to MQTT. */
export type RefusalReason =
  | "reset-before-accept"
  | "network-refused"
  | "certificate-refused"
  | "proxy-header"
  | "proxy-client-tls"
  | "tls-handshake"
  | "websocket-handshake"
  | "unknown-protocol"
  | "handshake-timeout"
  | "too-many-handshakes"
  | "broken";

/** What came before MQTT was refused; the message says what was wrong. */
export class RefusedError extends Error {
  /** Always `HandshakeError`: to a log it is one, whatever was begun. */
  override readonly name = "HandshakeError";
  /** For the counters. */
  readonly reason: RefusalReason;
  /** The mistake of the peer; null if unknown. */
  readonly fault: PeerFault | null;

  /** `cause` is what was thrown below, if anything was. */
  constructor(
    reason: RefusalReason,
    message: string,
    cause?: unknown,
    fault: PeerFault | null = null,
  ) {
    super(message, { cause });
    this.reason = reason;
    this.fault = fault;
  }
}

/** A connection that ended before it came to MQTT. */
export interface Refusal {
  /** For the counters. */
  readonly reason: RefusalReason;
  /** What was wrong, in a sentence. */
  readonly error: Error;
  /** Where it came from, as far as that was known. */
  readonly peer: PeerAddress;
}
