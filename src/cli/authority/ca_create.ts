import type { KeyType } from "../../security/mod.ts";
import type { AuthorityCommand } from "./authority_options.ts";
import { authorityJson, authorityText } from "./authority_text.ts";

/** `dunlin ca create`: makes an authority. */
export const create: AuthorityCommand = async (call) => {
  const { library, folder, options, clock } = call;
  const made = await library.createAuthority(folder, {
    name: options.name ?? library.machineAuthorityName(),
    // The command line lets nothing else through.
    keyType: options.keyType as KeyType | undefined,
    days: options.days,
    isReplacing: options.replace,
  }, clock);
  const text = authorityText(made, call) + `
Next:
  dunlin cert issue NAME        a certificate for a device, and its key
  dunlin ca export --out ca.crt what clients need to trust your servers
Keep a copy of the private key in a safe place.
`;
  return { text, json: authorityJson(made) };
};
