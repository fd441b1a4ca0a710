import {
  parseFilter,
  ProtocolError,
  ReasonCode,
  validateTopicFilter,
} from "../../mqtt/mod.ts";
import type { Connection } from "../connection/connection.ts";

/** A topic filter, taken apart. */
export interface ReadFilter {
  /** Without any `$share/group/`. */
  readonly filter: string;
  /** Name of the shared group, or null. */
  readonly group: string | null;
}

/**
 * Takes a filter apart that has come in a packet, and puts the listener's mount
 * point before it. Throws `ProtocolError` 0x81
 * where it breaks a rule of [MQTT-4.7.1-1], [MQTT-4.7.1-2], [MQTT-4.7.3-1],
 * [MQTT-4.8.2-1] or [MQTT-4.8.2-2]: the connection ends [MQTT-4.13.1-1].
 *
 * A SUBACK with 0x8F is no answer to it: that code is for a filter that is
 * "correctly formed" (3.9.3) and yet not taken, as one with too many levels.
 */
export function readFilter(text: string, connection: Connection): ReadFilter {
  const problem = validateTopicFilter(text);
  const parsed = problem === null ? parseFilter(text) : null;
  if (parsed === null) {
    throw new ProtocolError(
      ReasonCode.MalformedPacket,
      `the topic filter is not valid: ${problem ?? "malformed $share filter"}`,
    );
  }
  const { mountPoint } = connection;
  if (mountPoint === null) return parsed;
  return { filter: mountPoint.text + parsed.filter, group: parsed.group };
}
