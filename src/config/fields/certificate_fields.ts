import type { Field, FieldsOf } from "./field.ts";
import type {
  CertificateFiles,
  ListenerSettings,
} from "../model/listener_settings.ts";
import { choice, flag, list, path, secret, tables } from "./word_fields.ts";

const TLS = ["tls", "wss"];

function file(doc: string): Field<string> {
  return path("a file", doc);
}

/** A list of files; one alone needs no brackets. */
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
    "PEM file of the certificate and those that lead to its root; left out, the broker's own authority makes one.",
  ),
  key: file("PEM file of its key."),
  key_password: secret("Opens the key, where it is encrypted."),
  key_password_file: file("A file that holds that password."),
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
    "More certificates: a client gets the one for the name that it asks for.",
    `[{ cert = "other.pem", key = "other.key" }]`,
  ),
  min_tls: choice("1.2", ["1.2", "1.3"], "The oldest TLS that is spoken."),
  client_certificates: choice(
    "off",
    [
      "off",
      "optional",
      "required",
      "authorized",
      "authorized-any-issuer",
    ],
    "Which certificates clients need: none, a trusted one if any, a trusted one, one on the list, one on the list whoever issued it.",
  ),
  ca: files(
    "Authorities that issue client certificates; left out, the broker's own.",
  ),
  trust_system_roots: flag(
    false,
    "Whether those that this system trusts may issue client certificates, too.",
  ),
  remember_unknown: flag(
    false,
    "Whether a certificate that is not on the list is noted there as pending.",
  ),
  username_from: choice(
    "none",
    ["none", "cn", "san-dns", "san-email", "fingerprint", "subject"],
    "What of a client's certificate becomes its user name.",
  ),
  crl: files("Revocation lists of those authorities, PEM or DER."),
  crl_expired: choice(
    "warn",
    ["warn", "refuse"],
    "A revocation list that is out of date: warn, or refuse who it is about.",
  ),
  crl_missing: choice(
    "accept",
    ["accept", "refuse"],
    "A client certificate whose issuer has no revocation list in crl: accept or refuse it.",
  ),
};

/** What a listener with TLS may say besides. */
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
