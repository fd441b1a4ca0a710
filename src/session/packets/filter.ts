import {
  parseFilter,
  ProtocolError,
  ReasonCode,
  validateTopicFilter,
} from "../../mqtt/mod.ts";
import type { Connection } from "../connection/connection.ts";

/** A topic filter in its parts. */
export interface ReadFilter {
  /** Without any `$share/group/`. */
  readonly filter: string;
  /** Name of the shared group, or null. */
  readonly group: string | null;
}

/**
 * Splits the filter of a packet and adds the listener's mount point. Throws
 * `ProtocolError` 0x81 for a filter against [MQTT-4.7.1-1], [MQTT-4.7.1-2],
 * [MQTT-4.7.3-1], [MQTT-4.8.2-1] or [MQTT-4.8.2-2]: the connection ends
 * [MQTT-4.13.1-1].
 *
 * SUBACK has 0x8F for filters that are "correctly formed" (3.9.3) and yet
 * refused, as those with too many levels.
 */
export function readFilter(text: string, connection: Connection): ReadFilter {
  const problem = validateTopicFilter(text);
  const parsed = problem === null ? parseFilter(text) : null;
  if (parsed === null) {
    throw new ProtocolError(
      ReasonCode.MalformedPacket,
      `invalid topic filter: ${problem ?? "malformed $share filter"}`,
    );
  }
  const { mountPoint } = connection;
  if (mountPoint === null) return parsed;
  return { filter: mountPoint.text + parsed.filter, group: parsed.group };
}
