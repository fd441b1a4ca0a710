import type { Answer } from "../console/answer.ts";
import type { CertificateEntry, CertificateState } from "../../security/mod.ts";
import { CommandError } from "../console/command_error.ts";
import { shownText } from "../console/shown_text.ts";
import type { AuthorityCall, AuthorityCommand } from "./authority_options.ts";
import { certificateJson, rows, shownDay } from "./authority_text.ts";
import {
  allKnown,
  expiryOf,
  type Known,
  nameOf,
  stateOf,
  theOne,
} from "./cert_choice.ts";

/** `dunlin cert list`: those on the list and those issued here. */
export const list: AuthorityCommand = async (call) => {
  const { state } = call.options;
  const known = (await allKnown(call))
    .filter((one) => state === undefined || stateOf(one) === state)
    .sort((a, b) => key(a) < key(b) ? -1 : 1);
  const lines = known.map((one) =>
    `${stateOf(one).padEnd(11)} ${expiryOf(one).padEnd(10)}  ` +
    `${one.fingerprint.slice(0, 16)}  ${shownText(nameOf(one))}` +
    `${one.entry?.note ? `  (${shownText(one.entry.note)})` : ""}\n`
  );
  const head = "STATE       UNTIL       FINGERPRINT       NAME\n";
  const text = lines.length === 0 ? "none\n" : head + lines.join("");
  return { text, json: { certificates: known.map(knownJson) } };
};

/** By state, and by name within it. */
function key(one: Known): string {
  return `${stateOf(one)} ${nameOf(one)} ${one.fingerprint}`;
}

/** `dunlin cert show`: all about one. */
export const show: AuthorityCommand = async (call) => {
  const known = await theOne(call);
  return { text: knownText(known), json: knownJson(known) };
};

/** Returns a certificate for people. */
function knownText(known: Known): string {
  const { entry, reading, fingerprint } = known;
  const facts: [string, string][] = [["state", stateOf(known)]];
  const subject = reading?.subject ?? entry?.subject ?? "";
  if (subject !== "") facts.push(["subject", shownText(subject)]);
  if (entry?.note) facts.push(["note", shownText(entry.note)]);
  if (reading !== undefined) {
    const { dns, ip, email } = reading.names;
    const names = [...dns, ...ip, ...email].join(", ");
    if (names !== "") facts.push(["names", shownText(names)]);
    facts.push(["use", useOf(reading)], ["key type", reading.keyType]);
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

/** Returns a certificate for programs. */
function knownJson(known: Known): Record<string, unknown> {
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

/** `dunlin cert authorize`: authorizes a certificate. */
export const authorize: AuthorityCommand = async (call) => {
  const known = await theOne(call);
  return await put(call, known, "authorized", (now) => {
    if (now?.state !== "revoked") return;
    throw new CommandError(
      "the certificate is revoked: authorize it again with " +
        `"dunlin cert unrevoke ${known.fingerprint.slice(0, 16)}"`,
    );
  });
};

/** `dunlin cert revoke`: revokes a certificate, in every mode. */
export const revoke: AuthorityCommand = async (call) =>
  await put(call, await theOne(call), "revoked", () => {});

/** `dunlin cert unrevoke`: takes a revocation back. */
export const unrevoke: AuthorityCommand = async (call) => {
  const known = await theOne(call);
  return await put(call, known, "authorized", (now) => {
    if (now?.state === "revoked") return;
    throw new CommandError(
      `the certificate is not revoked, but ${now?.state ?? "not on the list"}`,
    );
  });
};

/**
 * Adds a certificate to the list, or changes its entry. `check` gets the entry
 * while the list is locked, and throws to refuse the change.
 */
async function put(
  { library, list, options, clock }: AuthorityCall,
  known: Known,
  state: CertificateState,
  check: (now: CertificateEntry | undefined) => void,
): Promise<Answer> {
  const now = clock.date();
  const entry = await library.changeList(list, (entries) => {
    const before = entries.get(known.fingerprint);
    check(before);
    const time = library.isoTime(now);
    const { reading } = known;
    const changed: CertificateEntry = {
      name: options.name ?? before?.name ?? reading?.name ?? "",
      state,
      note: options.note ?? before?.note ?? "",
      added: before?.added ?? time,
      changed: time,
      subject: reading?.subject ?? before?.subject ?? "",
      expires: reading === undefined
        ? before?.expires ?? null
        : library.isoTime(reading.notAfter),
    };
    entries.set(known.fingerprint, changed);
    return changed;
  });
  const result = { ...known, entry };
  const text = knownText(result) + warning(result, now);
  return { text, json: knownJson(result) };
}

/** Warns of an authorized certificate that listeners refuse anyway. */
function warning({ entry, reading }: Known, now: number): string {
  if (entry?.state !== "authorized" || reading === undefined) return "";
  if (reading.notAfter < now) {
    return `It expired on ${
      shownDay(reading.notAfter)
    }: listeners refuse it.\n`;
  }
  return reading.isForClient
    ? ""
    : "It is not for clients (extended key usage): listeners refuse it.\n";
}

/** `dunlin cert remove`: forgets a certificate. */
export const remove: AuthorityCommand = async (call) => {
  const known = await theOne(call);
  const { library, folder, list, options, clock } = call;
  const { fingerprint } = known;
  const isThere = await library.changeList(list, (entries) => {
    const entry = entries.get(fingerprint);
    const isRevoked = entry?.state === "revoked";
    if (isRevoked && !options.force && !isOver(known, clock.date())) {
      throw new CommandError(
        `it is revoked and valid until ${
          expiryOf(known)
        }: without its entry, ` +
          "listeners that accept every certificate of the authority would " +
          "accept it again; to remove it anyway add --force",
      );
    }
    return entries.delete(fingerprint);
  });
  if (!isThere && known.pem === undefined) {
    throw new CommandError(`${fingerprint} is not on the list`);
  }
  await library.forgetIssued(library.authorityFiles(folder), fingerprint);
  const name = shownText(nameOf(known)) || "The certificate";
  const text = `${name} is removed: ${fingerprint}\n`;
  return { text, json: { fingerprint, name: nameOf(known) } };
};

/** An expired certificate is refused whatever the list says. */
function isOver({ entry, reading }: Known, now: number): boolean {
  const end = reading?.notAfter ?? Date.parse(entry?.expires ?? "");
  return end < now;
}
