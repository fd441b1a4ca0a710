import type { Field, FieldsOf } from "./field.ts";
import type {
  CertificateFiles,
  ListenerSettings,
} from "../model/listener_settings.ts";
import type { AuthoritySettings } from "../model/settings.ts";
import {
  choice,
  flag,
  list,
  path,
  secret,
  tables,
  text,
} from "./word_fields.ts";

const TLS = ["tls", "wss"];

function file(doc: string): Field<string> {
  return path("a file", doc);
}

/** Returns a list of files; one alone needs no brackets. */
function files(doc: string): Field<readonly string[]> {
  const field = list([], file(""), 0, doc);
  return {
    ...field,
    range: "a file or a list of files",
    json: { type: ["string", "array"], items: { type: "string" } },
    read: (value) => field.read(typeof value === "string" ? [value] : value),
  };
}

/** A certificate, its key, and what opens the key. */
const pair: FieldsOf<CertificateFiles> = {
  cert: file(
    "PEM file of the certificate and its intermediates. Without it the broker's own authority issues one.",
  ),
  key: file("PEM file of the certificate's private key."),
  key_password: secret("Password of an encrypted key."),
  key_password_file: file("File with the password of an encrypted key."),
};

type TlsKey =
  | keyof CertificateFiles
  | "certificate"
  | "min_tls"
  | "client_certificates"
  | "ca"
  | "trust_system_roots"
  | "remember_unknown"
  | "username_from"
  | "crl"
  | "crl_expired"
  | "crl_missing";

const fields: FieldsOf<Pick<ListenerSettings, TlsKey>> = {
  ...pair,
  certificate: tables(
    pair,
    ["listener", "certificate"],
    "More certificates; a client gets the one for the host name that it requests.",
    `[{ cert = "other.pem", key = "other.key" }]`,
  ),
  min_tls: choice("1.2", ["1.2", "1.3"], "Oldest accepted TLS version."),
  client_certificates: choice(
    "off",
    [
      "off",
      "optional",
      "required",
      "authorized",
      "authorized-any-issuer",
    ],
    "Certificate that clients need: none (off), none or one issued by ca (optional), one issued by ca (required), an authorized one issued by ca (authorized), an authorized one of any issuer (authorized-any-issuer).",
  ),
  ca: files(
    "Authorities that may issue client certificates; an empty list means the broker's own.",
  ),
  trust_system_roots: flag(
    false,
    "Whether authorities that this system trusts may also issue client certificates.",
  ),
  remember_unknown: flag(
    false,
    "Whether an unknown certificate is added to the list as pending.",
  ),
  username_from: choice(
    "none",
    ["none", "cn", "san-dns", "san-email", "fingerprint", "subject"],
    "Part of the client certificate that becomes the user name.",
  ),
  crl: files("Revocation lists of the authorities in ca, PEM or DER."),
  crl_expired: choice(
    "warn",
    ["warn", "refuse"],
    "With an expired revocation list: warn, or refuse the certificates of its issuer.",
  ),
  crl_missing: choice(
    "accept",
    ["accept", "refuse"],
    "With no revocation list of the issuer in crl: accept or refuse the certificate.",
  ),
};

/** Fields that only a listener with TLS has. */
export const certificateFields = Object.fromEntries(
  Object.entries(fields).map(([key, field]) => [
    key,
    { ...field, doc: `TLS only: ${uncapitalized(field.doc)}`, types: TLS },
  ]),
) as unknown as typeof fields;

function uncapitalized(text: string): string {
  // Not the P of PEM.
  return /^[A-Z][a-z]/.test(text) || text.startsWith("A ")
    ? text[0].toLowerCase() + text.slice(1)
    : text;
}

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
