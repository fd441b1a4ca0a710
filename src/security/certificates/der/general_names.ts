import { type DerElement, DerReader, readOid, Tag } from "./der.ts";
import { asciiText, readText } from "./distinguished_name.ts";

/** Kinds of names that constraints are understood for, by their tag. */
export const NameKind = {
  Email: 0x81,
  Dns: 0x82,
  Directory: 0xa4,
  Uri: 0x86,
  Address: 0x87,
} as const;

/** A GeneralName (RFC 5280, 4.2.1.6). */
export interface GeneralName {
  /** Its tag; see `NameKind`. */
  readonly kind: number;
  /** Its content; of a directory name, the sequence of its parts. */
  readonly content: Uint8Array;
}

const EMAIL_ADDRESS = "1.2.840.113549.1.9.1";

/**
 * Reads all names of a certificate: `subject`, where it is not empty, and those
 * of `alternative`, the content of a subjectAltName. A mail address in the
 * subject counts where there is no other (RFC 5280, 4.2.1.10).
 *
 * @throws {DerError} when they make no sense.
 */
export function readGeneralNames(
  subject: DerElement,
  alternative: Uint8Array | undefined,
): GeneralName[] {
  const names: GeneralName[] = [];
  if (subject.content.length > 0) {
    names.push({ kind: NameKind.Directory, content: subject.content });
  }
  if (alternative !== undefined) {
    const list = new DerReader(alternative).inside();
    while (!list.isAtEnd) names.push(generalName(list.next()));
  }
  if (!names.some(({ kind }) => kind === NameKind.Email)) {
    names.push(...emailsIn(subject.content));
  }
  return names;
}

/**
 * Reads one name; a directory name stands within a tag of its own.
 *
 * @throws {DerError} when it makes no sense.
 */
export function generalName({ tag, content }: DerElement): GeneralName {
  return tag === NameKind.Directory
    ? { kind: tag, content: new DerReader(content).next().content }
    : { kind: tag, content };
}

/**
 * Returns the parts of a directory name, each as one text that is the same for
 * parts that mean the same: case and repeated spaces do not count (RFC 5280,
 * 7.1).
 *
 * @throws {DerError} when it makes no sense.
 */
export function directoryParts(content: Uint8Array): string[] {
  const parts: string[] = [];
  const sets = new DerReader(content);
  while (!sets.isAtEnd) {
    const values: string[] = [];
    const set = sets.inside(Tag.Set);
    while (!set.isAtEnd) {
      const pair = set.inside();
      const oid = readOid(pair.next(Tag.Oid).content);
      const value = pair.next();
      const text = readText(value)?.normalize("NFKC").trim()
        .replaceAll(/\s+/g, " ").toLowerCase();
      values.push(JSON.stringify([oid, text ?? value.whole.toHex()]));
    }
    parts.push(values.sort().join("+"));
  }
  return parts;
}

function emailsIn(subject: Uint8Array): GeneralName[] {
  const found: GeneralName[] = [];
  const sets = new DerReader(subject);
  while (!sets.isAtEnd) {
    const set = sets.inside(Tag.Set);
    while (!set.isAtEnd) {
      const pair = set.inside();
      if (readOid(pair.next(Tag.Oid).content) !== EMAIL_ADDRESS) continue;
      const { content } = pair.next();
      if (asciiText(content) !== null) {
        found.push({ kind: NameKind.Email, content });
      }
    }
  }
  return found;
}
