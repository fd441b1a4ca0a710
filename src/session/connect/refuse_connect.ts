import { ConnectError, encodeConnack } from "../../codec/mod.ts";
import {
  type Properties,
  type ProtocolError,
  type ProtocolVersion,
  ReasonCode,
  ReturnCode,
} from "../../mqtt/mod.ts";
import type { Connection } from "../connection/connection.ts";
import { ForeignProtocol } from "../connection/first_packet.ts";
import { closeReasonOf } from "../core/reasons.ts";

/** Refuses a CONNECT with an answer, where the version has one, and closes. */
export function refuseConnect(
  connection: Connection,
  error: ProtocolError,
): void {
  // Before CONNECT is decoded no answer is possible.
  const version = error instanceof ConnectError
    ? error.version
    : connection.clientId === null
    ? null
    : connection.version;
  const bytes = version === null ? null : refusal(connection, error, version);
  if (bytes !== null) connection.sender.send(bytes);
  // Counted apart: wrong passwords are not wrong bytes.
  const denied = connection.state === "authenticating";
  const why = closeReasonOf(error, denied ? "auth-failed" : "refused");
  // No DISCONNECT is sent before the connection is open.
  connection.close(why, error.reasonCode, error.message, {
    detail: error.detail,
    code: error.code,
    fault: error instanceof ForeignProtocol ? error.fault : null,
  });
}

/** Returns CONNACK with the refusal; null where the version has no code. */
function refusal(
  connection: Connection,
  error: ProtocolError,
  version: ProtocolVersion,
): Uint8Array | null {
  const code = version === 5 ? error.reasonCode : RETURN_CODES.get(
    error.reasonCode,
  );
  if (code === undefined) return null; // 3.x has no code for it
  const encode = (properties: Properties) =>
    encodeConnack(
      { type: 2, sessionPresent: false, code, properties },
      version,
    );
  if (version !== 5) return encode({});
  // With Reason String (0x1F) only where it fits [MQTT-3.2.2-19].
  const full = encode({ reasonString: error.message });
  return full.length <= connection.sender.sendLimit ? full : encode({});
}

/** Return codes of 3.x for reason codes (3.2.2.3); others have none. */
const RETURN_CODES: ReadonlyMap<ReasonCode, ReturnCode> = new Map([
  [
    ReasonCode.UnsupportedProtocolVersion,
    ReturnCode.UnacceptableProtocolVersion,
  ],
  [ReasonCode.ClientIdentifierNotValid, ReturnCode.IdentifierRejected],
  [ReasonCode.ServerUnavailable, ReturnCode.ServerUnavailable],
  [ReasonCode.ServerBusy, ReturnCode.ServerUnavailable],
  [ReasonCode.ConnectionRateExceeded, ReturnCode.ServerUnavailable],
  [ReasonCode.QuotaExceeded, ReturnCode.ServerUnavailable],
  [ReasonCode.BadUserNameOrPassword, ReturnCode.BadUserNameOrPassword],
  [ReasonCode.NotAuthorized, ReturnCode.NotAuthorized],
  [ReasonCode.Banned, ReturnCode.NotAuthorized],
]);
