import type { CertificateEntry, CertificateState } from "../../security/mod.ts";
import type {
  AuthorityAnswer,
  AuthorityCall,
  AuthorityCommand,
} from "./authority_options.ts";
import { CommandError } from "../console/command_error.ts";
import { shownDay } from "./authority_text.ts";
import { type Known, theOne } from "./cert_choice.ts";
import { knownJson, knownText } from "./cert_show.ts";

/** `dunlin cert authorize`: lets a certificate in. */
export const authorize: AuthorityCommand = async (call) => {
  const known = await theOne(call);
  return await put(call, known, "authorized", (now) => {
    if (now?.state !== "revoked") return;
    throw new CommandError(
      "it is revoked, and that goes before everything: take that back with " +
        `"dunlin cert unrevoke ${known.fingerprint.slice(0, 16)}"`,
    );
  });
};

/** `dunlin cert revoke`: shuts a certificate out, in every mode. */
export const revoke: AuthorityCommand = async (call) =>
  await put(call, await theOne(call), "revoked", () => {});

/** `dunlin cert unrevoke`: takes a revocation back. */
export const unrevoke: AuthorityCommand = async (call) => {
  const known = await theOne(call);
  return await put(call, known, "authorized", (now) => {
    if (now?.state === "revoked") return;
    throw new CommandError(
      `it is not revoked, but ${now?.state ?? "not on the list"}`,
    );
  });
};

/**
 * Puts a certificate on the list, or changes what the list says of it. `check`
 * is asked about its entry as it is while nobody else changes the list.
 */
async function put(
  { library, list, options, clock }: AuthorityCall,
  known: Known,
  state: CertificateState,
  check: (now: CertificateEntry | undefined) => void,
): Promise<AuthorityAnswer> {
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

/** What an operator should know who lets something in that cannot come in. */
function warning({ entry, reading }: Known, now: number): string {
  if (entry?.state !== "authorized" || reading === undefined) return "";
  if (reading.notAfter < now) {
    return `It expired on ${
      shownDay(reading.notAfter)
    }, so it is refused all the same.\n`;
  }
  return reading.isForClient
    ? ""
    : "It is not for clients (extended key usage), so it is refused all the same.\n";
}
