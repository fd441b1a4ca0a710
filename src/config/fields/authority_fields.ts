import type { FieldsOf } from "./field.ts";
import type { AuthoritySettings } from "../model/settings.ts";
import { list, path, text } from "./word_fields.ts";

/** What `[authority]` may say. */
export const authorityFields: FieldsOf<AuthoritySettings> = {
  path: path(
    "a folder",
    'Where its key and certificates are; "" is authority, beside the store.',
  ),
  list: path(
    "a file",
    'Which client certificates are authorized or revoked; "" is certificates.json in that folder.',
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
    "Names and addresses that the certificate it makes for listeners holds besides this machine's own.",
  ),
};
