import {
  type AuthorityCommand,
  namesIn,
  USUAL_DAYS,
} from "./authority_options.ts";
import { enlist } from "./cert_enlist.ts";
import { issuedJson, issuedText } from "./cert_issued_text.ts";
import { readBytes } from "../console/read_input.ts";
import { writeResult } from "../console/write_result.ts";

/** `dunlin cert sign`: a certificate for a key that stays where it is. */
export const sign: AuthorityCommand = async (call) => {
  const { library, folder, argument, options, clock } = call;
  const names = namesIn(options);
  const isNamed = [names.dns, names.ip, names.email]
    .some((list) => list.length > 0);
  const content = await readBytes(argument);
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
  const out = options.out ?? `${argument.replace(/\.[^./\\]*$/, "")}.crt`;
  const json = { ...issuedJson(issued, out === "-" ? [] : [out]) };
  if (out !== "-") await writeResult(out, issued.pem);
  await enlist(call, issued);
  return out === "-"
    ? { text: issued.pem, json: { ...json, pem: issued.pem } }
    : { text: issuedText(call, issued, [out]), json };
};
