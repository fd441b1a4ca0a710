import { validateTopicFilter } from "../../mqtt/mod.ts";
import type {
  AccessSettings,
  AclRule,
  GroupSettings,
  UserSettings,
} from "../model/access_settings.ts";
import { type Field, type FieldsOf, shown } from "./field.ts";
import { name, names, oneOrMore } from "./name_fields.ts";
import { networks } from "./network_fields.ts";
import { duration, integer } from "./number_fields.ts";
import { SECOND } from "../text/units.ts";
import { choice, flag, list, path, secret, text } from "./word_fields.ts";

/** A topic filter in which `%u` and `%c` may stand for a level. */
const filter: Field<string> = {
  ...text("", /./, 'topic filters like "sensors/%c/#"', ""),
  read(value) {
    const fault = typeof value !== "string"
      ? "it is no text"
      : value.startsWith("$share/")
      ? "a rule speaks of topics: leave out $share and the group"
      : validateTopicFilter(value) ?? misplacedName(value);
    if (fault === null) return value as string;
    throw new RangeError(
      `${shown(value)} is not allowed: give a topic filter like ` +
        `"sensors/%c/#" (${fault})`,
    );
  },
};

/** A name beside other letters could be read as more than one level's part. */
function misplacedName(filter: string): string | null {
  const wrong = filter.split("/").find((level) =>
    /%[uc]/.test(level) && !/^%[uc]$/.test(level)
  );
  return wrong === undefined
    ? null
    : `%u and %c stand for a whole level, "${wrong}" is more`;
}

const retain: Field<"any" | boolean> = {
  doc: "Which messages, by whether they are to be retained.",
  default: "any",
  defaultText: `"any"`,
  range: `true, false or "any"`,
  json: { enum: [true, false, "any"] },
  read(value) {
    if (value === "any" || typeof value === "boolean") return value;
    throw new RangeError(
      `${shown(value)} is not allowed: give true, false or "any"`,
    );
  },
  write: (value) => JSON.stringify(value),
};

/** What one `[[user]]` may say. */
export const userFields: FieldsOf<UserSettings> = {
  name: name("The user name that clients give."),
  password: secret(
    "A hash as dunlin passwd makes it, or the password itself, best from a file.",
  ),
  groups: names("Groups the user is in."),
};

/** What one `[[group]]` may say. */
export const groupFields: FieldsOf<GroupSettings> = {
  name: name("As rules name it."),
  members: names("User names."),
};

/** What one `[[acl]]` may say; its place is not said, it is found. */
export const aclFields: FieldsOf<Omit<AclRule, "place">> = {
  user: names("Users it is about; left out, everybody."),
  group: names("Groups it is about."),
  client_id: names("Client ids it is about."),
  network: oneOrMore(networks("Addresses and networks it is about.")),
  listener: names("Listeners it is about."),
  certificate_cn: names("Common names of client certificates."),
  certificate_san: names("DNS names and e-mail addresses of certificates."),
  certificate_issuer: names("Subjects of who issued the certificate."),
  certificate_fingerprint: names("SHA-256 fingerprints of certificates."),
  anonymous: flag(false, "Whether it is about clients without a name alone."),
  action: choice(
    "all",
    ["publish", "subscribe", "all"],
    "What it is about; subscribe is receiving, too.",
    { write: "publish", read: "subscribe", readwrite: "all" },
  ),
  qos: oneOrMore(list(
    [0, 1, 2],
    integer<0 | 1 | 2>(0, 0, 2, ""),
    1,
    "The QoS it is about.",
  )),
  retain,
  topic: oneOrMore(list(
    [],
    filter,
    1,
    "Topic filters it is about; %u is the user name, %c the client id.",
  )),
  permission: choice("allow", ["allow", "deny"], "What it says."),
  file: path(
    "a file",
    "Access rules in Mosquitto's format, in place of this rule; of the other keys only listener goes with it.",
  ),
};

/** What `[access]` may say. */
export const accessFields: FieldsOf<AccessSettings> = {
  order: choice(
    "first-match",
    ["first-match", "deny-wins"],
    "Which [[acl]] decides: the first that fits, or any that denies.",
  ),
  acl_file: oneOrMore(list(
    [],
    { ...text("", /^[^\0]{1,4000}$/, "files", ""), isPath: true },
    0,
    "Access rules in Mosquitto's format; they come after the [[acl]] tables.",
  )),
  explain: flag(
    false,
    "Whether MQTT 5 clients are told which rule refused them.",
  ),
  client_id_owner: choice(
    "user",
    ["user", "anyone"],
    "Which clients may take over a session by its client id: those with its user name, or anyone. Where neither an [[auth]] nor a certificate proves user names, it is anyone.",
  ),
  on_denied_publish: choice(
    "ignore",
    ["ignore", "disconnect"],
    "A message that may not be published and cannot be answered: drop it, or the client.",
  ),
  login_delay: duration(
    SECOND,
    { unit: 1, min: 0, max: 60 * SECOND },
    "How long a login waits after one of the same user or address that failed.",
  ),
  max_failures: integer(
    10,
    0,
    1_000_000,
    "Failed logins in a row, of a user from an address, before more are refused for a minute; 0 sets no bound.",
  ),
};
