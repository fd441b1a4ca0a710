import type { AuthorityCommand } from "./authority_options.ts";
import { certificateJson } from "./authority_text.ts";
import { writeResult } from "../console/write_result.ts";

/** `dunlin ca export`: the certificate, never the key. */
export const exportCa: AuthorityCommand = async (call) => {
  const { library, folder, options, shown } = call;
  const { pem, reading } = await library.requireAuthority(folder);
  const json = { ...certificateJson(reading), pem };
  const { out = "-" } = options;
  if (out === "-") return { text: pem, json };
  await writeResult(out, pem);
  return { text: `${shown(out)} is written\n`, json: { ...json, file: out } };
};
