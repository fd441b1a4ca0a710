import { type DerElement, DerReader, readOid, Tag } from "./der.ts";

/** Short names of RFC 4514 and its users; others appear by number. */
const SHORT: Readonly<Record<string, string>> = {
  "2.5.4.3": "CN",
  "2.5.4.4": "SN",
  "2.5.4.5": "serialNumber",
  "2.5.4.6": "C",
  "2.5.4.7": "L",
  "2.5.4.8": "ST",
  "2.5.4.9": "street",
  "2.5.4.10": "O",
  "2.5.4.11": "OU",
  "2.5.4.12": "title",
  "2.5.4.42": "GN",
  "0.9.2342.19200300.100.1.1": "UID",
  "0.9.2342.19200300.100.1.25": "DC",
  "1.2.840.113549.1.9.1": "emailAddress",
};

const COMMON_NAME = "2.5.4.3";

/** A name as certificates have it. */
export interface DistinguishedName {
  /** As RFC 4514 writes it: the narrowest part first, `CN=pump,O=Works`. */
  readonly text: string;
  /** The first common name; null without one, or when it is no text. */
  readonly commonName: string | null;
  /** The very bytes, as hex: what names are compared by. */
  readonly key: string;
}

/** Reads a Name (RFC 5280, 4.1.2.4). */
export function readName(element: DerElement): DistinguishedName {
  const parts: string[] = [];
  let commonName: string | null = null;
  const names = new DerReader(element.content);
  while (!names.isAtEnd) {
    const values: string[] = [];
    const set = names.inside(Tag.Set);
    while (!set.isAtEnd) {
      const pair = set.inside();
      const oid = readOid(pair.next(Tag.Oid).content);
      const value = pair.next();
      const text = readText(value);
      if (oid === COMMON_NAME) commonName ??= text;
      // A value that is not text appears as its bytes (RFC 4514, 2.4).
      const told = text === null ? `#${value.whole.toHex()}` : escaped(text);
      values.push(`${SHORT[oid] ?? oid}=${told}`);
    }
    parts.unshift(values.join("+"));
  }
  return { text: parts.join(","), commonName, key: element.whole.toHex() };
}

/** Returns the text of a string of whatever kind; null for what is none. */
export function readText({ tag, content }: DerElement): string | null {
  try {
    switch (tag) {
      case 0x0c: // UTF8String
        return new TextDecoder("utf-8", { fatal: true }).decode(content);
      case 0x12: // NumericString
      case 0x13: // PrintableString
      case 0x16: // IA5String
      case 0x1a: // VisibleString
        return asciiText(content);
      case 0x14: // TeletexString, in use as Latin-1
        return new TextDecoder("latin1").decode(content);
      case 0x1e: // BMPString
        return new TextDecoder("utf-16be", { fatal: true }).decode(content);
      default:
        return null;
    }
  } catch {
    return null;
  }
}

/** ASCII as text; null when a byte is none. */
export function asciiText(content: Uint8Array): string | null {
  return content.every((byte) => byte < 0x80)
    ? new TextDecoder().decode(content)
    : null;
}

/** Escapes as RFC 4514, 2.4 says, and control characters by their number. */
function escaped(text: string): string {
  return text.replaceAll(/[",+;<>\\]|^[ #]| $/g, "\\$&").replaceAll(
    // deno-lint-ignore no-control-regex
    /[\0-\x1f\x7f]/g,
    (one) => `\\${one.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}
