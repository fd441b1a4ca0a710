import { ProtocolError, ReasonCode } from "../../mqtt/mod.ts";

// Made in functions, so that the hot decoders stay small enough to be inlined.

/** Bytes that cannot be parsed by the rules (MQTT 5.0, 1.2): 0x81. */
export function malformed(text: string): ProtocolError {
  return new ProtocolError(ReasonCode.MalformedPacket, text);
}

/** Parsed well, but not allowed by the protocol (MQTT 5.0, 1.2): 0x82. */
export function violation(text: string): ProtocolError {
  return new ProtocolError(ReasonCode.ProtocolError, text);
}
