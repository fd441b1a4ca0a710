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
      const address = value;
      const parsed = /^[^/]+\/\/[^\s/]\S*$/.test(address)
        ? URL.parse(address)
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
      return address;
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

/** What one `[[auth]]` may say. */
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
    "Who is asked: a password file, the [[user]] tables, the client's certificate, its token, a web server, SCRAM-SHA-256, or nobody.",
    {
      password: '"password-file", whose file "dunlin passwd add FILE NAME" ' +
        'makes, or "users", which are [[user]] tables',
      ...{ passwd: "password-file", file: "password-file" },
      ...{ user: "users", certificate: "client-certificate", token: "jwt" },
      ...{ cert: "client-certificate", https: "http", webhook: "http" },
    },
  ),
  listener: names(
    "Listeners whose clients it is asked about; left out, those of all.",
  ),
  file: only(
    ["password-file", "scram"],
    file(
      "The password file, of dunlin passwd or of Mosquitto; scram looks for users here besides [[user]].",
    ),
  ),
  key: only(
    JWT,
    secret("What tokens are signed with, for HS256 and its like."),
  ),
  key_file: only(JWT, file("PEM file of the public key that signs tokens.")),
  jwks_file: only(JWT, file("JWKS file with the keys that sign tokens.")),
  jwks_url: only(JWT, url("Where a JWKS with those keys is fetched.")),
  algorithms: only(
    JWT,
    list(
      [],
      choice("ES256", ALGORITHMS, ""),
      0,
      "Signatures that are accepted; empty means those that fit the key.",
    ),
  ),
  issuer: only(
    JWT,
    text("", /^[^\0]{0,1000}$/, "text", 'What iss must be; "" lets any be.'),
  ),
  audience: only(
    JWT,
    list(
      [],
      text("", /./, "text", ""),
      0,
      "One of these must be in aud; empty lets any be.",
    ),
  ),
  leeway: only(
    JWT,
    duration(
      0,
      { unit: 1, min: 0, max: 3600 * SECOND },
      "How much the clocks may differ.",
    ),
  ),
  username_claim: only(JWT, claim("sub", "The claim that is the user name.")),
  match_username: only(
    JWT,
    flag(
      false,
      "Whether the user name of CONNECT, where it has one, must be that of the token.",
    ),
  ),
  acl_claim: only(
    JWT,
    claim(
      "",
      'The claim with { publish = [filters], subscribe = [filters] }; "" reads none.',
    ),
  ),
  disconnect_on_expiry: only(
    JWT,
    flag(true, "Whether the connection ends when its token does."),
  ),
  url: only(HTTP, url("Asked whether a client may come in.")),
  acl_url: only(
    HTTP,
    url('Asked what a client may publish and subscribe to; "" asks nobody.'),
  ),
  superuser_url: only(
    HTTP,
    url('Asked whether a user may do everything; "" asks nobody.'),
  ),
  preset: only(
    HTTP,
    choice(
      "dunlin",
      ["dunlin", "mosquitto-go-auth"],
      "What requests and answers look like.",
    ),
  ),
  authorization: only(
    HTTP,
    secret("The header Authorization of each request."),
  ),
  timeout: only(
    ["http", "jwt"],
    duration(5 * SECOND, wait, "How long an answer may take."),
  ),
  cache: only(
    ["http", "jwt"],
    duration(
      60 * SECOND,
      { unit: 1, min: 0, max: 24 * 3600 * SECOND },
      "How long an answer, or a fetched JWKS, holds; 0 asks each time.",
    ),
  ),
  on_error: only(
    HTTP,
    choice(
      "deny",
      ["deny", "ignore"],
      "A server that fails: refuse the client, or ask the next [[auth]].",
    ),
  ),
  max_requests: only(
    HTTP,
    integer(32, 1, 1024, "Requests under way at once; more have to wait."),
  ),
};
