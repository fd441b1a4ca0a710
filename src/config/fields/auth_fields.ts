import type { AuthSettings, JwtAlgorithm } from "../model/access_settings.ts";
import type { Field, FieldsOf } from "./field.ts";
import { names } from "./name_fields.ts";
import { duration, integer } from "./number_fields.ts";
import { tomlText } from "../text/toml_text.ts";
import { SECOND } from "../text/units.ts";
import { choice, flag, list, path, secret, text } from "./word_fields.ts";

const JWT = ["jwt"];
const HTTP = ["http"];

const ALGORITHMS: readonly JwtAlgorithm[] = [
  "HS256",
  "HS384",
  "HS512",
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
];

function only<T>(types: readonly string[], field: Field<T>): Field<T> {
  return { ...field, types };
}

function file(doc: string): Field<string> {
  return path("a file", doc);
}

/** Hides the query of an address: it may hold a key. */
function hideQuery(
  address: string,
  standIn: (secret: string) => string,
): string {
  return address.replace(
    /([?#])(.+)$/s,
    (_, mark, secret) => `${mark}${standIn(secret)}`,
  );
}

function url(doc: string): Field<string> {
  const range = "an address that begins with http:// or https://";
  const seen = (address: string) => hideQuery(address, () => "(hidden)");
  return {
    ...text("", /^/, range, doc),
    read(value) {
      if (value === "") return value;
      // The message leaves the value out: in an address that cannot be read,
      // no part is known not to be a password.
      if (typeof value !== "string" || !/^https?:\/\//.test(value)) {
        throw new RangeError(`not allowed: give ${range}`);
      }
      const parsed = /^[^/]+\/\/[^\s/]\S*$/.test(value)
        ? URL.parse(value)
        : null;
      if (parsed === null) {
        throw new RangeError(
          "not allowed: it has a space, or its host or port cannot be read; " +
            "give an address like https://example.org:8443/login",
        );
      }
      // No request can be made of it; and addresses are shown, secrets are not.
      if (parsed.username !== "" || parsed.password !== "") {
        throw new RangeError(
          "not allowed: an address with a name or password in it; take " +
            'them out, type "http" has authorization for them',
        );
      }
      return value;
    },
    hide: hideQuery,
    write: (address) => tomlText(seen(address)),
  };
}

function claim(initial: string, doc: string): Field<string> {
  return text(
    initial,
    // Only what is empty from the start may be left out.
    initial === "" ? /^[^\0]{0,200}$/ : /^[^\0]{1,200}$/,
    'a claim like "sub", or one inside others like "realm.user"',
    doc,
  );
}

const wait = { unit: 1, min: 10, max: 60 * SECOND };

/** Fields of one `[[auth]]`. */
export const authFields: FieldsOf<AuthSettings> = {
  type: choice(
    "users",
    [
      "password-file",
      "users",
      "client-certificate",
      "jwt",
      "http",
      "scram",
      "anonymous",
    ],
    "Kind of authenticator: a password file, the [[user]] tables, the client certificate, a JSON Web Token, a web server, SCRAM-SHA-256, or none for anonymous clients.",
    {
      password: '"password-file", whose file "dunlin passwd add FILE NAME" ' +
        'makes, or "users", which are [[user]] tables',
      ...{ passwd: "password-file", file: "password-file" },
      ...{ user: "users", certificate: "client-certificate", token: "jwt" },
      ...{ cert: "client-certificate", https: "http", webhook: "http" },
    },
  ),
  listener: names(
    "Listeners whose clients this authenticator checks; an empty list means all.",
  ),
  file: only(
    ["password-file", "scram"],
    file(
      "Password file of dunlin passwd or of Mosquitto. scram reads it beside the [[user]] tables.",
    ),
  ),
  key: only(
    JWT,
    secret("Secret that signs tokens with HS256, HS384 or HS512."),
  ),
  key_file: only(JWT, file("PEM file of the public key that verifies tokens.")),
  jwks_file: only(JWT, file("JWKS file with the keys that verify tokens.")),
  jwks_url: only(
    JWT,
    url("Address of a JWKS with the keys that verify tokens."),
  ),
  algorithms: only(
    JWT,
    list(
      [],
      choice("ES256", ALGORITHMS, ""),
      0,
      "Accepted signature algorithms; an empty list means those that fit the key.",
    ),
  ),
  issuer: only(
    JWT,
    text(
      "",
      /^[^\0]{0,1000}$/,
      "text",
      'Required value of iss; "" accepts any.',
    ),
  ),
  audience: only(
    JWT,
    list(
      [],
      text("", /./, "text", ""),
      0,
      "Values of which aud must have one; an empty list accepts any.",
    ),
  ),
  leeway: only(
    JWT,
    duration(
      0,
      { unit: 1, min: 0, max: 3600 * SECOND },
      "Allowed difference of the clocks.",
    ),
  ),
  username_claim: only(JWT, claim("sub", "Claim that becomes the user name.")),
  match_username: only(
    JWT,
    flag(
      false,
      "Whether a user name in CONNECT must equal that of the token.",
    ),
  ),
  acl_claim: only(
    JWT,
    claim(
      "",
      'Claim with { publish = [filters], subscribe = [filters] }; "" reads none.',
    ),
  ),
  disconnect_on_expiry: only(
    JWT,
    flag(true, "Whether the connection ends when its token expires."),
  ),
  url: only(HTTP, url("Address that decides whether a client may connect.")),
  acl_url: only(
    HTTP,
    url(
      'Address that decides what a client may publish and subscribe to; "" asks none.',
    ),
  ),
  superuser_url: only(
    HTTP,
    url('Address that decides whether a user may do everything; "" asks none.'),
  ),
  preset: only(
    HTTP,
    choice(
      "dunlin",
      ["dunlin", "mosquitto-go-auth"],
      "Format of requests and answers.",
    ),
  ),
  authorization: only(
    HTTP,
    secret("Authorization header of each request."),
  ),
  timeout: only(
    ["http", "jwt"],
    duration(5 * SECOND, wait, "Time for an answer."),
  ),
  cache: only(
    ["http", "jwt"],
    duration(
      60 * SECOND,
      { unit: 1, min: 0, max: 24 * 3600 * SECOND },
      "Time for which an answer or a fetched JWKS is used again; 0 asks each time.",
    ),
  ),
  on_error: only(
    HTTP,
    choice(
      "deny",
      ["deny", "ignore"],
      "If the server fails: refuse the client, or ask the next [[auth]].",
    ),
  ),
  max_requests: only(
    HTTP,
    integer(32, 1, 1024, "Requests that may run at once; more have to wait."),
  ),
};
