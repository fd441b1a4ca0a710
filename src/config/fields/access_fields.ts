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
      ? "rules name topics: remove $share and the group"
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
    : `%u and %c stand for a whole level, and "${wrong}" has more`;
}

const retain: Field<"any" | boolean> = {
  doc: "RETAIN flag of the messages that the rule applies to.",
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

/** Fields of one `[[user]]`. */
export const userFields: FieldsOf<UserSettings> = {
  name: name("The user name that clients give."),
  password: secret(
    "A hash that dunlin passwd add makes, or the password itself, best from a file.",
  ),
  groups: names("Groups the user is in."),
};

/** Fields of one `[[group]]`. */
export const groupFields: FieldsOf<GroupSettings> = {
  name: name("Name of the group in rules."),
  members: names("User names of the members."),
};

/** Fields of one `[[acl]]`; its place in the file is found, not given. */
export const aclFields: FieldsOf<Omit<AclRule, "place">> = {
  user: names(
    "Users that the rule applies to; an empty list means all clients.",
  ),
  group: names("Groups that the rule applies to."),
  client_id: names("Client ids that the rule applies to."),
  network: oneOrMore(networks("Addresses and networks of the clients.")),
  listener: names("Listeners of the clients."),
  certificate_cn: names("Common names of the client certificates."),
  certificate_san: names(
    "DNS names and e-mail addresses of the client certificates.",
  ),
  certificate_issuer: names(
    "Issuers of the client certificates, by their subject.",
  ),
  certificate_fingerprint: names(
    "SHA-256 fingerprints of the client certificates.",
  ),
  anonymous: flag(
    false,
    "Whether the rule applies only to clients without a user name.",
  ),
  action: choice(
    "all",
    ["publish", "subscribe", "all"],
    "Action that the rule applies to; subscribe includes receiving.",
    { write: "publish", read: "subscribe", readwrite: "all" },
  ),
  qos: oneOrMore(list(
    [0, 1, 2],
    integer<0 | 1 | 2>(0, 0, 2, ""),
    1,
    "QoS that the rule applies to.",
  )),
  retain,
  topic: oneOrMore(list(
    [],
    filter,
    1,
    "Topic filters that the rule applies to; %u is the user name, %c the client id.",
  )),
  permission: choice(
    "allow",
    ["allow", "deny"],
    "Whether the rule allows or denies.",
  ),
  file: path(
    "a file",
    "Access rules in Mosquitto's format, instead of this rule; only listener may be set beside it.",
  ),
};

/** Fields of `[access]`. */
export const accessFields: FieldsOf<AccessSettings> = {
  order: choice(
    "first-match",
    ["first-match", "deny-wins"],
    "Which matching [[acl]] decides: the first one, or any that denies.",
  ),
  acl_file: oneOrMore(list(
    [],
    { ...text("", /^[^\0]{1,4000}$/, "files", ""), isPath: true },
    0,
    "Access rules in Mosquitto's format; they come after the [[acl]] tables.",
  )),
  explain: flag(
    false,
    "Whether MQTT 5.0 clients get the rule that denied them as Reason String.",
  ),
  client_id_owner: choice(
    "user",
    ["user", "anyone"],
    "Clients that may continue a session: only those with its user name, or all. Without an [[auth]] table or certificates it is anyone.",
  ),
  on_denied_publish: choice(
    "ignore",
    ["ignore", "disconnect"],
    "A denied PUBLISH that MQTT cannot answer: drop the message, or disconnect the client.",
  ),
  login_delay: duration(
    SECOND,
    { unit: 1, min: 0, max: 60 * SECOND },
    "Time that a login waits after a failed one of the same user or address.",
  ),
  max_failures: integer(
    10,
    0,
    1_000_000,
    "Failed logins in a row, of one user from one address, before more are refused for a minute; 0 sets no limit.",
  ),
};
