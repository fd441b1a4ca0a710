import type {
  Authority,
  CertificateReading,
  Issued,
} from "../../security/mod.ts";
import { shownText } from "../console/shown_text.ts";
import type { AuthorityCall } from "./authority_options.ts";

/** `2026-01-31`; `ms` since 1970. */
export function shownDay(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** Rows of two columns, each with its end of line. */
export function rows(...all: readonly (readonly [string, string])[]): string {
  return all.map(([name, value]) => `  ${name.padEnd(13)}${value}\n`).join("");
}

/** Returns a certificate for programs. */
export function certificateJson(
  { notBefore, notAfter, names, ...rest }: CertificateReading,
): Record<string, unknown> {
  return {
    fingerprint: rest.fingerprint,
    name: rest.name,
    subject: rest.subject,
    issuer: rest.issuer,
    serial: rest.serial,
    dns: names.dns,
    ip: names.ip,
    email: names.email,
    keyType: rest.keyType,
    notBefore: new Date(notBefore).toISOString(),
    notAfter: new Date(notAfter).toISOString(),
  };
}

/** Returns an authority for people. */
export function authorityText(
  { files, reading, canIssue }: Authority,
  { shown }: AuthorityCall,
): string {
  return `The authority ${shownText(reading.subject)}\n` + rows(
    ["certificate", shown(files.certificate)],
    [
      "private key",
      canIssue
        ? `${shown(files.key)} (keep it secret)`
        : "not here: the authority verifies and issues nothing",
    ],
    ["key type", reading.keyType],
    ["valid until", shownDay(reading.notAfter)],
    ["issued by", shownText(reading.issuer)],
    ["thumbprint", reading.fingerprint],
  );
}

/** Returns an authority for programs. */
export function authorityJson(
  { files, reading, canIssue }: Authority,
): Record<string, unknown> {
  return {
    folder: files.folder,
    certificate: files.certificate,
    canIssue,
    ...certificateJson(reading),
  };
}

/** Describes an issued certificate for people; `files` are the written ones. */
export function issuedText(
  { shown }: AuthorityCall,
  { reading, purpose, endsEarly }: Issued,
  files: readonly string[],
): string {
  const early = endsEarly ? ", with the authority itself" : "";
  const { dns, ip, email } = reading.names;
  const names = [...dns, ...ip, ...email].join(", ");
  return `A certificate for the ${purpose} ${shownText(reading.name)}\n` +
    rows(
      ["valid until", `${shownDay(reading.notAfter)}${early}`],
      ...(names === "" ? [] : [["names", shownText(names)] as const]),
      ["fingerprint", reading.fingerprint],
      ...files.map((path, place) =>
        [place === 0 ? "written" : "", shown(path)] as const
      ),
    );
}

/** Describes an issued certificate for programs. */
export function issuedJson(
  issued: Issued,
  files: readonly string[],
): Record<string, unknown> {
  const { purpose, endsEarly, reading } = issued;
  return { ...certificateJson(reading), purpose, endsEarly, files };
}
