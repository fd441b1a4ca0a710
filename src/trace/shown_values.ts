import type { PropertyList, PropertyValue } from "../codec/listing/mod.ts";
import { PropertyId, propertyKey } from "../mqtt/mod.ts";
import { HIDDEN, type ShownPayload, type ShownValue } from "./trace_row.ts";

/** Characters of the longest text in a row. */
const LONGEST = 1024;

/** Bytes of the longest binary property in a row. */
const LONGEST_BINARY = 256;

/** Properties that may repeat: their values are lists. */
const REPEATED: readonly number[] = [
  PropertyId.UserProperty,
  PropertyId.SubscriptionIdentifier,
];

/** Returns a text that is short enough for a row. */
export function shortened(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}…`;
}

/** Returns properties by their names; authentication data is hidden. */
export function shownProperties(
  { entries, isCut }: PropertyList,
): Record<string, ShownValue> {
  const shown: Record<string, ShownValue> = {};
  for (const [id, value] of entries) {
    const key = propertyKey(id) ?? `property${id}`;
    const said = id === PropertyId.AuthenticationData ? HIDDEN : valueOf(value);
    if (!REPEATED.includes(id)) shown[key] = said;
    else shown[key] = [...(shown[key] as ShownValue[] | undefined) ?? [], said];
  }
  if (isCut) shown.more = "…";
  return shown;
}

function valueOf(value: PropertyValue): ShownValue {
  if (typeof value === "number") return value;
  if (typeof value === "string") return shortened(value);
  if (!(value instanceof Uint8Array)) return value.map(shortened);
  const text = value.subarray(0, LONGEST_BINARY).toHex();
  return value.length > LONGEST_BINARY ? `${text}…` : text;
}

/** Returns length and first bytes of a payload; with `preview` 0 its length. */
export function shownPayload(
  bytes: Uint8Array,
  start: number,
  end: number,
  preview: number,
): ShownPayload {
  const payloadLength = end - start;
  if (preview === 0 || payloadLength === 0) return { payloadLength };
  const first = bytes.subarray(start, Math.min(end, start + preview));
  return { payloadLength, payload: first.toBase64() };
}
