import { CodedError, type ErrorCode } from "../../errors/mod.ts";
import type { PeerAddress } from "./byte_stream.ts";
import type { PeerFault } from "./foreign_protocol.ts";

/** Reasons for the end of a connection before MQTT. */
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

/** A connection refused before MQTT; the message names the fault. */
export class RefusedError extends CodedError {
  /** Always `HandshakeError`, in the log. */
  override readonly name = "HandshakeError";
  /** For the counters. */
  readonly reason: RefusalReason;
  /** The mistake of the peer; null if unknown. */
  readonly fault: PeerFault | null;

  /** `cause` is the error of the layer below, if any. */
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

  /** The code, as the log has it. */
  get code(): ErrorCode {
    return this.fault ?? this.reason;
  }
}

/** A connection that ended before it came to MQTT. */
export interface Refusal {
  /** For the counters. */
  readonly reason: RefusalReason;
  /** The fault; its message is a sentence. */
  readonly error: Error;
  /** The address of the peer, as far as known. */
  readonly peer: PeerAddress;
}
