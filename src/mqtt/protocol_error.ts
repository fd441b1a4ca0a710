import { CodedError, type ErrorCode } from "../errors/mod.ts";
import { ReasonCode } from "./reason_code.ts";

/** Codes of the errors that end a connection: the names of reason codes (2.4). */
const CODES: ReadonlyMap<ReasonCode, ErrorCode> = new Map([
  [ReasonCode.MalformedPacket, "malformed-packet"],
  [ReasonCode.ProtocolError, "protocol-error"],
  [ReasonCode.UnsupportedProtocolVersion, "unsupported-protocol-version"],
  [ReasonCode.ClientIdentifierNotValid, "client-identifier-not-valid"],
  [ReasonCode.BadUserNameOrPassword, "bad-user-name-or-password"],
  [ReasonCode.NotAuthorized, "not-authorized"],
  [ReasonCode.ServerUnavailable, "server-unavailable"],
  [ReasonCode.ServerBusy, "server-busy"],
  [ReasonCode.BadAuthenticationMethod, "bad-authentication-method"],
  [ReasonCode.TopicNameInvalid, "topic-name-invalid"],
  [ReasonCode.ReceiveMaximumExceeded, "receive-maximum-exceeded"],
  [ReasonCode.TopicAliasInvalid, "topic-alias-invalid"],
  [ReasonCode.PacketTooLarge, "packet-too-large"],
  [ReasonCode.QuotaExceeded, "quota-exceeded"],
  [ReasonCode.PayloadFormatInvalid, "payload-format-invalid"],
  [ReasonCode.RetainNotSupported, "retain-not-supported"],
  [ReasonCode.QoSNotSupported, "qos-not-supported"],
  [ReasonCode.ConnectionRateExceeded, "connection-rate-exceeded"],
]);

/**
 * Bytes or a packet that break the protocol. The connection that sent them is
 * closed; one place (the connection) turns the code into CONNACK or DISCONNECT.
 */
export class ProtocolError extends CodedError {
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

  /** The code, as the log has it. */
  get code(): ErrorCode {
    return CODES.get(this.reasonCode) ?? "protocol-error";
  }
}
