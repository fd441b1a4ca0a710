import type { ProtocolVersion } from "../mqtt/mod.ts";
import type { ByteReader } from "./byte_reader.ts";
import { malformed, violation } from "./errors.ts";
import type { Frame } from "./frame.ts";

/**
 * Reads the packet id of a SUBSCRIBE or UNSUBSCRIBE, 1 to 65,535, and checks
 * the one flag that depends on the version.
 */
export function readSubscriptionId(
  reader: ByteReader,
  frame: Frame,
  version: ProtocolVersion,
): number {
  // [MQTT-3.8.1-1], [MQTT-3.10.1-1]; MQTT 3.1 has DUP here.
  if ((frame.firstByte & 8) !== 0 && version !== 3) {
    throw malformed("SUBSCRIBE or UNSUBSCRIBE with the DUP flag");
  }
  const packetId = reader.uint16();
  // [MQTT-2.2.1-3]
  if (packetId === 0) {
    throw violation("SUBSCRIBE or UNSUBSCRIBE with packet id 0");
  }
  return packetId;
}
