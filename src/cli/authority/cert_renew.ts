import type { KeyType } from "../../security/mod.ts";
import {
  type AuthorityCall,
  type AuthorityCommand,
  USUAL_DAYS,
} from "./authority_options.ts";
import { CommandError } from "../console/command_error.ts";
import { checkBundle, writeBundle } from "./cert_bundle.ts";
import { type Known, matching, nameOf } from "./cert_choice.ts";
import { enlist } from "./cert_enlist.ts";
import { issuedJson, issuedText } from "./cert_issued_text.ts";

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
    (hasNewKey ? "" : "Its private key is the one it had.\n") +
    `The old one (${old}) stays what it was, until it expires or you say\n` +
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
