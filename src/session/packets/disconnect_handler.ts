import { decodeDisconnect, type Frame } from "../../codec/mod.ts";
import { hexByte, ProtocolError, ReasonCode } from "../../mqtt/mod.ts";
import type { Connection } from "../connection/connection.ts";

/** DISCONNECT (3.14): what stands behind it in the buffer is dropped. */
export function handleDisconnect(
  connection: Connection,
  chunk: Uint8Array,
  frame: Frame,
): void {
  const packet = decodeDisconnect(chunk, frame, connection.version);
  const { session } = connection;
  // In the midst of authenticating: there is nothing to keep or to publish.
  if (session === null) return connection.close("client-disconnect");
  const expiry = packet.properties.sessionExpiryInterval;
  if (expiry !== undefined) {
    if (connection.askedExpiry === 0 && expiry !== 0) {
      throw new ProtocolError( // [MQTT-3.14.2-2]
        ReasonCode.ProtocolError,
        "DISCONNECT sets a session expiry that CONNECT had as 0",
      );
    }
    // `session.max_expiry` is kept without a word: DISCONNECT has no answer.
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
