import {
  type CertificateEntry,
  type CertificateList,
  certificateStates,
} from "./certificate_entry.ts";
import { readFingerprint } from "./certificate_entry.ts";

/** The version of the format; another one is not guessed at. */
const VERSION = 1;

/** A fault in the text of a list. */
export class FormatFault extends Error {}

/**
 * Returns the text of `list`: JSON, an entry a fingerprint, in the order of the
 * list.
 */
export function writeListText(list: CertificateList): string {
  const certificates = Object.fromEntries(list);
  return JSON.stringify({ version: VERSION, certificates }, null, 2) + "\n";
}

/**
 * Returns the list that `text` holds; people may have edited it.
 *
 * @throws {FormatFault} saying where and what.
 */
export function readListText(text: string): Map<string, CertificateEntry> {
  const all = recordOf(parse(text), "it");
  if (all.version !== VERSION) {
    throw new FormatFault(
      `has version ${JSON.stringify(all.version) ?? "none"}; this Dunlin ` +
        `knows version ${VERSION}`,
    );
  }
  const list = new Map<string, CertificateEntry>();
  const entries = recordOf(all.certificates, "certificates");
  for (const [key, value] of Object.entries(entries)) {
    const fingerprint = readFingerprint(key);
    if (fingerprint === null) {
      throw new FormatFault(
        `has ${JSON.stringify(key)} where the SHA-256 fingerprint of a ` +
          "certificate belongs: 64 hexadecimal digits",
      );
    }
    list.set(fingerprint, readEntry(value, key));
  }
  return list;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new FormatFault(`is not JSON: ${(error as Error).message}`);
  }
}

function recordOf(value: unknown, where: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw new FormatFault(`is not a list: ${where} must be an object`);
}

function readEntry(value: unknown, key: string): CertificateEntry {
  const entry = recordOf(value, key);
  const state = certificateStates.find((one) => one === entry.state);
  // An unknown state is never guessed: a slip of the pen must not authorize.
  if (state === undefined) {
    throw new FormatFault(
      `says ${JSON.stringify(entry.state)} for the state of ${key}: it must ` +
        `be one of ${certificateStates.join(", ")}`,
    );
  }
  const text = (name: string) => {
    const found = entry[name] ?? "";
    if (typeof found === "string") return found;
    throw new FormatFault(`must have a text for ${name} of ${key}`);
  };
  return {
    name: text("name"),
    state,
    note: text("note"),
    added: text("added"),
    changed: text("changed"),
    subject: text("subject"),
    expires: text("expires") || null,
  };
}
