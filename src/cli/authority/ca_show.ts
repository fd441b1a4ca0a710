import type { AuthorityCommand } from "./authority_options.ts";
import { authorityJson, authorityText } from "./authority_text.ts";

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
