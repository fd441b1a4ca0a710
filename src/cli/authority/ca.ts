import type { KeyType } from "../../security/mod.ts";
import { readPassword, readText } from "../console/read_input.ts";
import { refuseToReplace } from "../console/refuse_to_replace.ts";
import { writeResult } from "../console/write_result.ts";
import type { AuthorityCommand } from "./authority_options.ts";
import {
  authorityJson,
  authorityText,
  certificateJson,
} from "./authority_text.ts";

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

/** `dunlin ca export`: the certificate, never the key. */
export const exportCa: AuthorityCommand = async (call) => {
  const { library, folder, options, shown } = call;
  const { pem, reading } = await library.requireAuthority(folder);
  const json = { ...certificateJson(reading), pem };
  const { out = "-" } = options;
  if (out === "-") return { text: pem, json };
  const isSame = await Deno.readTextFile(out).catch(() => null) === pem;
  if (!isSame) await refuseToReplace(out, options.force);
  await writeResult(out, pem);
  return { text: `${shown(out)} is written\n`, json: { ...json, file: out } };
};

/** `dunlin ca show`: what it is, and where it lies. */
export const show: AuthorityCommand = async (call) => {
  const authority = await call.library.requireAuthority(call.folder);
  return {
    text: authorityText(authority, call),
    json: authorityJson(authority),
  };
};

/** `dunlin ca thumbprint`: what to compare by telephone. */
export const thumbprint: AuthorityCommand = async ({ library, folder }) => {
  const { reading } = await library.requireAuthority(folder);
  const { fingerprint } = reading;
  return { text: `${fingerprint}\n`, json: { thumbprint: fingerprint } };
};
