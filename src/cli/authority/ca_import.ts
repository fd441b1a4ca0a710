import type { AuthorityCommand } from "./authority_options.ts";
import { authorityJson, authorityText } from "./authority_text.ts";
import { readPassword, readText } from "../console/read_input.ts";

/** `dunlin ca import`: brings an authority along. */
export const importCa: AuthorityCommand = async (call) => {
  const { library, folder, argument, options, clock } = call;
  const { key, passwordFile } = options;
  const made = await library.importAuthority(folder, {
    certificate: { text: await readText(argument), file: argument },
    key: key === undefined ? null : { text: await readText(key), file: key },
    password: passwordFile === undefined
      ? undefined
      : await readPassword(passwordFile),
    isReplacing: options.replace,
  }, clock);
  return { text: authorityText(made, call), json: authorityJson(made) };
};
