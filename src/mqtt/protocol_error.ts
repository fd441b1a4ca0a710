import type { ReasonCode } from "./reason_code.ts";

/**
 * Bytes or a packet that break the protocol. The connection that sent them is
 * closed; one place (the connection) turns the code into CONNACK or DISCONNECT.
 */
export class ProtocolError extends Error {
  /** Reason code for MQTT 5.0 clients (4.13). */
  readonly reasonCode: ReasonCode;
  /** Text for the log; never sent to a client. */
  readonly detail: string;

  /**
   * `message` says what was wrong; MQTT 5.0 clients get it as Reason String
   * (0x1F). `detail` may say more: null says the same.
   */
  constructor(
    reasonCode: ReasonCode,
    message: string,
    detail: string | null = null,
  ) {
    super(message);
    this.name = "ProtocolError";
    this.reasonCode = reasonCode;
    this.detail = detail ?? message;
  }
}
