import {
  encodeUtf8,
  parseFilter,
  ProtocolError,
  ReasonCode,
  validateTopicFilter,
} from "../mqtt/mod.ts";
import type { Connection } from "./connection.ts";

/** A topic filter, taken apart. */
export interface ReadFilter {
  /** Without any `$share/group/`. */
  readonly filter: string;
  /** Name of the shared group, or null. */
  readonly group: string | null;
}

/**
 * Takes a filter apart that has come in a packet.
 * Throws `ProtocolError` 0x8F where it is not valid (4.7, 4.8.2).
 */
export function readFilter(text: string, connection: Connection): ReadFilter {
  const problem = validateTopicFilter(text);
  const parsed = problem === null ? parseFilter(text) : null;
  if (parsed === null) {
    // MQTT 3.x has no code for it: there any code only closes.
    throw new ProtocolError(
      ReasonCode.TopicFilterInvalid,
      `the topic filter is not valid: ${problem ?? "malformed $share filter"}`,
    );
  }
  if (parsed.group !== null && !connection.context.options.sharedAvailable) {
    return { filter: text, group: null };
  }
  return parsed;
}

/** Whether `text` takes more than `bytes` bytes of UTF-8. */
export function isLonger(text: string, bytes: number): boolean {
  // A UTF-16 unit takes at most three, so most texts are judged at once.
  return text.length * 3 > bytes && encodeUtf8(text).length > bytes;
}
