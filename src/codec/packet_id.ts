import type { ByteReader } from "./byte_reader.ts";
import { violation } from "./errors.ts";

/** Reads the packet id of a SUBSCRIBE or UNSUBSCRIBE, 1 to 65,535. */
export function readSubscriptionId(reader: ByteReader): number {
  const packetId = reader.uint16();
  // [MQTT-2.2.1-3]
  if (packetId === 0) {
    throw violation("SUBSCRIBE or UNSUBSCRIBE with packet id 0");
  }
  return packetId;
}
