import type { Issued, KeyType } from "../../security/mod.ts";
import { CommandError } from "../console/command_error.ts";
import { readBytes } from "../console/read_input.ts";
import { refuseToReplace } from "../console/refuse_to_replace.ts";
import { writeResult } from "../console/write_result.ts";
import {
  type AuthorityCall,
  type AuthorityCommand,
  namesIn,
  USUAL_DAYS,
} from "./authority_options.ts";
import { checkBundle, writeBundle } from "./cert_bundle.ts";
import { type Known, matching, nameOf } from "./cert_choice.ts";
import { issuedJson, issuedText } from "./authority_text.ts";

/** `dunlin cert issue`: a key, a certificate, and all that goes with them. */
export const issue: AuthorityCommand = async (call) => {
  const { library, folder, argument, options, clock } = call;
  // Before it is issued: what cannot be handed over must not exist.
  const out = await checkBundle(call, argument, false);
  const issued = await library.issue(folder, {
    name: argument,
    purpose: options.server ? "server" : "client",
    names: namesIn(options),
    days: options.days ?? USUAL_DAYS,
    // The command line lets nothing else through.
    keyType: (options.keyType ?? "p256") as KeyType,
  }, clock);
  const files = await writeBundle(call, out, issued);
  await enlist(call, issued);
  return {
    text: issuedText(call, issued, files),
    json: issuedJson(issued, files),
  };
};

/** `dunlin cert sign`: a certificate for a key that stays where it is. */
export const sign: AuthorityCommand = async (call) => {
  const { library, folder, argument, options, clock } = call;
  const out = options.out ?? `${argument.replace(/\.[^./\\]*$/, "")}.crt`;
  const names = namesIn(options);
  const isNamed = [names.dns, names.ip, names.email]
    .some((list) => list.length > 0);
  const content = await readBytes(argument);
  // Refuses before it issues: an issued certificate must reach its owner.
  if (out !== "-") await refuseToReplace(out, options.force);
  const issued = await library.signRequest(
    folder,
    { content, file: argument },
    {
      purpose: options.server ? "server" : "client",
      days: options.days ?? USUAL_DAYS,
      name: options.name,
      names: isNamed ? names : undefined,
    },
    clock,
  );
  const json = { ...issuedJson(issued, out === "-" ? [] : [out]) };
  if (out !== "-") await writeResult(out, issued.pem);
  await enlist(call, issued);
  return out === "-"
    ? { text: issued.pem, json: { ...json, pem: issued.pem } }
    : { text: issuedText(call, issued, [out]), json };
};

/** `dunlin cert renew`: the same once more, with a new life. */
export const renew: AuthorityCommand = async (call) => {
  const { library, folder, options, clock } = call;
  const known = await latest(call);
  const out = await checkBundle(call, nameOf(known), true);
  const hasNewKey = options.newKey || options.keyType !== undefined;
  const issued = await library.renew(folder, known.pem!, {
    days: options.days ?? USUAL_DAYS,
    keyType: hasNewKey ? (options.keyType ?? "p256") as KeyType : undefined,
  }, clock);
  const files = await writeBundle(call, out, issued);
  await enlist(call, issued);
  const old = known.fingerprint.slice(0, 16);
  const text = issuedText(call, issued, files) +
    (hasNewKey ? "" : "The private key stays.\n") +
    `The old certificate (${old}) stays valid until it expires. To revoke it:\n` +
    `  dunlin cert revoke ${old}\n`;
  return {
    text,
    json: { ...issuedJson(issued, files), renewed: known.fingerprint },
  };
};

/** Of several with one name the one that lives longest was renewed last. */
async function latest(call: AuthorityCall): Promise<Known> {
  const { library, folder, argument } = call;
  const files = library.authorityFiles(folder);
  const found: Known[] = [];
  for (const one of await matching(call)) {
    const pem = await library.readIssued(files, one.fingerprint);
    const isOurs = pem !== undefined && one.reading !== undefined;
    if (isOurs && one.entry?.state !== "revoked") found.push({ ...one, pem });
  }
  const [first] = found
    .sort((a, b) => b.reading!.notAfter - a.reading!.notAfter);
  if (first !== undefined) return first;
  throw new CommandError(
    `${JSON.stringify(argument)} cannot be renewed: it is revoked, or it was ` +
      'not issued here (then "dunlin cert sign" signs its request)',
  );
}

/** Authorizes the client whose certificate was issued just now. */
async function enlist(
  { library, list, options, clock }: AuthorityCall,
  { reading, purpose }: Issued,
): Promise<void> {
  if (purpose !== "client") return;
  const time = library.isoTime(clock.date());
  await library.changeList(list, (entries) => {
    entries.set(reading.fingerprint, {
      name: reading.name,
      state: "authorized",
      note: options.note ?? "",
      added: time,
      changed: time,
      subject: reading.subject,
      expires: library.isoTime(reading.notAfter),
    });
  });
}
