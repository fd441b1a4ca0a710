import type { CertificateEntry } from "../../security/mod.ts";
import type { AuthorityCommand } from "./authority_options.ts";
import { certificateJson, rows, shownDay } from "./authority_text.ts";
import { shownText } from "../console/shown_text.ts";
import {
  expiryOf,
  type Known,
  nameOf,
  stateOf,
  theOne,
} from "./cert_choice.ts";

/** `dunlin cert show`: all about one. */
export const show: AuthorityCommand = async (call) => {
  const known = await theOne(call);
  return { text: knownText(known), json: knownJson(known) };
};

/** A certificate for people. */
export function knownText(known: Known): string {
  const { entry, reading, fingerprint } = known;
  const facts: [string, string][] = [["state", stateOf(known)]];
  const subject = reading?.subject ?? entry?.subject ?? "";
  if (subject !== "") facts.push(["subject", shownText(subject)]);
  if (entry?.note) facts.push(["note", shownText(entry.note)]);
  if (reading !== undefined) {
    const { dns, ip, email } = reading.names;
    const names = [...dns, ...ip, ...email].join(", ");
    if (names !== "") facts.push(["names", shownText(names)]);
    facts.push(["use", useOf(reading)], ["kind of key", reading.keyType]);
    facts.push(["issued by", shownText(reading.issuer)]);
    facts.push(["valid from", shownDay(reading.notBefore)]);
  }
  facts.push(["valid until", expiryOf(known)]);
  if (entry?.changed) facts.push(["changed", shownText(entry.changed)]);
  facts.push(["fingerprint", fingerprint]);
  return `${shownText(nameOf(known)) || "A certificate"}\n` + rows(...facts);
}

function useOf(
  { isForClient, isForServer }: NonNullable<Known["reading"]>,
): string {
  if (isForClient && isForServer) return "client and server";
  if (isForClient) return "client";
  return isForServer ? "server" : "neither client nor server";
}

/** A certificate for programs. */
export function knownJson(known: Known): Record<string, unknown> {
  const { entry, reading, fingerprint } = known;
  const listed: Partial<CertificateEntry> = entry ?? {};
  return {
    subject: listed.subject ?? "",
    ...(reading === undefined
      ? { notAfter: listed.expires ?? null }
      : certificateJson(reading)),
    fingerprint,
    name: nameOf(known),
    state: stateOf(known),
    note: listed.note ?? "",
    added: listed.added ?? null,
    changed: listed.changed ?? null,
  };
}
