import type { FieldsOf } from "./field.ts";
import type { AuthoritySettings } from "../model/settings.ts";
import { list, path, text } from "./word_fields.ts";

/** Fields of `[authority]`. */
export const authorityFields: FieldsOf<AuthoritySettings> = {
  path: path(
    "a folder",
    'Folder of its key and certificates; "" means the folder authority beside the store.',
  ),
  list: path(
    "a file",
    'List of authorized and revoked client certificates; "" means certificates.json in that folder.',
  ),
  host_names: list(
    [],
    text(
      "",
      /^[^\s/\0]{1,253}$/,
      'names or addresses like "broker.example.org"',
      "",
    ),
    0,
    "More host names and addresses for the listeners' certificate, beside those of this machine.",
  ),
};
