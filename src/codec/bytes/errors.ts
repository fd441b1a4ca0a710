import { ProtocolError, ReasonCode } from "../../mqtt/mod.ts";

// Functions keep the hot decoders small enough for the engine to inline them.

/** Returns the error for bytes that cannot be parsed (MQTT 5.0, 1.2): 0x81. */
export function malformed(text: string): ProtocolError {
  return new ProtocolError(ReasonCode.MalformedPacket, text);
}

/** Returns the error for a packet that is not allowed (MQTT 5.0, 1.2): 0x82. */
export function violation(text: string): ProtocolError {
  return new ProtocolError(ReasonCode.ProtocolError, text);
}
