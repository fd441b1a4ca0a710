import { CodedError, type ErrorCode } from "../../errors/mod.ts";
import type { PeerFault } from "./foreign_protocol.ts";

/** A refused WebSocket handshake; the peer gets `status` and message. */
export class HandshakeError extends CodedError {
  /** Always `HandshakeError`. */
  override readonly name = "HandshakeError";
  /** HTTP status code, 400 to 505; 408 when the peer took too long. */
  readonly status: number;
  /** The mistake of the peer; null if unknown. */
  readonly fault: PeerFault | null;

  /** `message` is one sentence, which the peer gets, too. */
  constructor(
    status: number,
    message: string,
    fault: PeerFault | null = null,
  ) {
    super(message);
    this.status = status;
    this.fault = fault;
  }

  /** The code, as the log has it. */
  get code(): ErrorCode {
    if (this.fault !== null) return this.fault;
    return this.status === 408 ? "handshake-timeout" : "websocket-handshake";
  }
}
