import type { KeyType } from "../../security/mod.ts";
import {
  type AuthorityCommand,
  namesIn,
  USUAL_DAYS,
} from "./authority_options.ts";
import { checkBundle, writeBundle } from "./cert_bundle.ts";
import { enlist } from "./cert_enlist.ts";
import { issuedJson, issuedText } from "./cert_issued_text.ts";

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
