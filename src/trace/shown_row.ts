import type { TraceRow } from "./trace_row.ts";

/** The form of payloads. */
export type PayloadForm = "text" | "json" | "hex" | "none";

/** Not UTF-8: hex instead. */
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A payload as people and programs read it. */
export interface ReadablePayload {
  /** Text, a JSON value, or hexadecimal digits. */
  readonly payload?: unknown;
  /** Hexadecimal digits of a payload that is no text. */
  readonly payloadHex?: string;
  /** Whether there is more of it. */
  readonly payloadCut?: true;
}

/**
 * Returns a row with its payload, and that of a will, as text, JSON value or
 * hexadecimal digits in place of base64.
 */
export function shownRow(
  row: TraceRow,
  form: PayloadForm,
): Record<string, unknown> {
  const { will, bytes: _, ...facts } = row;
  return {
    ...readable(facts, form),
    ...will === undefined ? {} : { will: readable(will, form) },
  };
}

function readable<Facts extends { payload?: string; payloadLength?: number }>(
  { payload, ...facts }: Facts,
  form: PayloadForm,
): Omit<Facts, "payload"> & ReadablePayload {
  if (payload === undefined || form === "none") return facts;
  const bytes = Uint8Array.fromBase64(payload);
  const isCut = bytes.length < (facts.payloadLength ?? 0);
  return {
    ...facts,
    ...readableBytes(bytes, form, isCut),
    ...isCut ? { payloadCut: true } : {},
  };
}

/** Returns bytes in this form; text where they are no JSON, hex where no text. */
export function readableBytes(
  bytes: Uint8Array,
  form: PayloadForm,
  isCut = false,
): ReadablePayload {
  if (form === "hex") return { payload: bytes.toHex() };
  const text = textOf(bytes, isCut);
  if (text === null) return { payloadHex: bytes.toHex() };
  if (form !== "json") return { payload: text };
  try {
    return { payload: JSON.parse(text) };
  } catch {
    return { payload: text };
  }
}

/** Returns the text, without a last character that the cut went through. */
function textOf(bytes: Uint8Array, isCut: boolean): string | null {
  const most = isCut ? 4 : 1;
  for (let less = 0; less < most && less <= bytes.length; less++) {
    try {
      return decoder.decode(bytes.subarray(0, bytes.length - less));
    } catch {
      // The next is a byte shorter.
    }
  }
  return null;
}
