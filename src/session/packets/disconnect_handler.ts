import { decodeDisconnect, type Frame } from "../../codec/mod.ts";
import { hexByte, ProtocolError, ReasonCode } from "../../mqtt/mod.ts";
import type { Connection } from "../connection/connection.ts";

/** Handles DISCONNECT (3.14); drops the bytes behind it in the buffer. */
export function handleDisconnect(
  connection: Connection,
  chunk: Uint8Array,
  frame: Frame,
): void {
  const packet = decodeDisconnect(chunk, frame, connection.version);
  const { session } = connection;
  // While authenticating, the connection has neither session nor will.
  if (session === null) return connection.close("client-disconnect");
  const expiry = packet.properties.sessionExpiryInterval;
  if (expiry !== undefined) {
    if (connection.askedExpiry === 0 && expiry !== 0) {
      throw new ProtocolError( // 3.14.2.2.2
        ReasonCode.ProtocolError,
        "DISCONNECT sets Session Expiry Interval (0x11), which is 0 in CONNECT",
      );
    }
    // `session.max_expiry` applies silently: DISCONNECT has no answer.
    session.expiryInterval = Math.min(
      expiry,
      connection.context.options.maxExpiry,
    );
    session.changed();
  }
  // [MQTT-3.14.4-3]: any code but this one leaves the will in force.
  if (packet.reasonCode === ReasonCode.Success) session.dropWill();
  const said = packet.properties.reasonString;
  const detail = packet.reasonCode === ReasonCode.Success
    ? said
    : `reason code ${hexByte(packet.reasonCode)}` +
      (said === undefined ? "" : `: ${said}`);
  connection.close("client-disconnect", null, undefined, { detail });
}
