/**
 * Writes `config.example.toml` and `dunlin.schema.json` from the schema of
 * the settings (`deno task config:docs`). A test compares them with it.
 */
import type { Field } from "../src/config/fields/field.ts";
import { sections } from "../src/config/fields/fields.ts";
import { listenerFields } from "../src/config/fields/listener_fields.ts";
import { type ListName, lists } from "../src/config/fields/lists.ts";
import { settingsJsonSchema } from "../src/config/read/schema.ts";

type Fields = Readonly<Record<string, Field<unknown>>>;

const HEAD = `#:schema ./dunlin.schema.json
#
# Every setting of Dunlin with its default. Copy what you want to change;
# what a file leaves out keeps its default. "dunlin check FILE" tells mistakes.
#
# Settings come from four places; each goes before those above it:
#   1. the defaults
#   2. the file named by --config or DUNLIN_CONFIG; none is read unless named
#   3. the environment: DUNLIN_LIMITS__MAX_INFLIGHT=20 is limits.max_inflight,
#      DUNLIN_LISTENER__0__PORT=1884 the first listener's port
#   4. the command line: --set limits.max_inflight=20, --port 1884
#
# Durations: "250ms", "10s", "1h30m", "2d"; a plain number counts seconds.
# Sizes: "16 MiB" (1024 x 1024), "1 MB" (1000 x 1000); a plain number, bytes.
# Relative paths begin in the folder of this file; ~/ is the home folder.
# Strings may hold \${NAME} or \${NAME:-default}, from the environment; a plain
# \${ is written $\${. Numbers and true or false may be given that way too.

# Addresses to listen on: one [[listener]] table for each. Without any, it is
# this one: MQTT for this machine only.
`;

const OTHERS =
  `# With the one above, these are what clients expect of a broker: MQTT with TLS
# on 8883, MQTT over WebSocket on 9001, the same with TLS on 9003.
# [[listener]]
# type = "tls"
# port = 8883

# [[listener]]
# type = "websocket"
# port = 9001

# [[listener]]
# type = "wss"
# port = 9003
`;

/** What each list is about, and how one table of it may look. */
const examples: Readonly<
  Record<Exclude<ListName, "listener">, readonly [about: string, table: string]>
> = {
  auth: [
    `Who may come in: asked in this order until one says yes or no; if none does,
# the client is refused. Without any, the listeners' allow_anonymous decides.`,
    `type = "users"
[[auth]]
type = "password-file"
file = "passwd"`,
  ],
  user: [
    `Users for [[auth]] of type "users" and "scram".`,
    `name = "alice"
password = "file:alice.password"
groups = ["staff"]`,
  ],
  group: [
    "Groups for [[acl]].",
    `name = "staff"
members = ["bob"]`,
  ],
  acl: [
    `Who may do what. Without any, everybody may do everything; with one, all that
# no rule allows is refused.`,
    `user = "alice"
action = "publish"
topic = ["sensors/%c/#"]`,
  ],
};

const intros: Readonly<Record<keyof typeof sections, string>> = {
  access: "How users and rules are applied.",
  limits: "Bounds that protect the broker and its clients from each other.",
  session: "What is kept for clients while they are away.",
  retained: "Messages kept for those who subscribe later.",
  shared: "Subscriptions whose messages are shared out among a group.",
  protocol: "What of MQTT is offered.",
  authority:
    "The broker's own certificate authority: it makes what TLS listeners need.",
  storage: "What outlives the broker, and how safely it is kept.",
  sys: "The broker's own figures, published under $SYS/broker/.",
  log: "Logging, to standard error.",
  shutdown: "How the broker ends.",
};

function entry(key: string, field: Field<unknown>, value: string): string {
  const range = field.range === "" ? "" : `# Allowed: ${field.range}.\n`;
  const about = `\n# ${field.doc}\n${range}`;
  if (field.isCommented) return `${about}# ${key} = ${value}\n`;
  if (field.inherits === undefined) return `${about}${key} = ${value}\n`;
  const [section, name] = field.inherits;
  return `${about}# Left out, it is that of [${section}] ${name}.\n# ${key} = ${value}\n`;
}

/**
 * What a listener for plain MQTT may not have; and what must be said on
 * purpose, not be copied along by who then changes `bind`.
 */
function isLeftOut(key: string, field: Field<unknown>): boolean {
  return key === "allow_anonymous" ||
    (field.types !== undefined && !field.types.includes("tcp"));
}

function listenerTable(): string {
  let text = "[[listener]]";
  for (const [key, field] of Object.entries(listenerFields as Fields)) {
    if (isLeftOut(key, field)) {
      text += entry(key, field, field.defaultText)
        .replace(new RegExp(`^${key} =`, "m"), `# ${key} =`);
    } else text += entry(key, field, field.defaultText);
  }
  return text;
}

/** A list that is empty by default: one table as an example, then all keys. */
function listComment(name: keyof typeof examples): string {
  const [about, table] = examples[name];
  let text = `\n# ${about}\n# [[${name}]]\n${table.replace(/^/gm, "# ")}\n#\n`;
  for (const [key, field] of Object.entries(lists[name] as Fields)) {
    const types = field.types === undefined
      ? ""
      : ` (${field.types.join(", ")})`;
    const range = field.range === "" ? "" : ` Allowed: ${field.range}.`;
    const usual = field.secret ? "" : ` Default: ${field.defaultText}.`;
    text += `#   ${key}${types}: ${field.doc}${range}${usual}\n`;
  }
  return text;
}

/** The text of `config.example.toml`. */
export function exampleFile(): string {
  let text = `${HEAD}${listenerTable()}\n${OTHERS}`;
  for (const name of Object.keys(examples)) {
    text += listComment(name as keyof typeof examples);
  }
  for (const [name, fields] of Object.entries(sections)) {
    text += `\n# ${intros[name as keyof typeof sections]}\n[${name}]`;
    for (const [key, field] of Object.entries(fields as Fields)) {
      text += entry(key, field, field.defaultText);
    }
  }
  return text;
}

/** The text of `dunlin.schema.json`. */
export function schemaFile(): string {
  const schema = {
    title: "Settings of the Dunlin MQTT broker",
    ...settingsJsonSchema(),
  };
  return JSON.stringify(schema, null, 2) + "\n";
}

if (import.meta.main) {
  const root = new URL("..", import.meta.url);
  await Deno.writeTextFile(new URL("config.example.toml", root), exampleFile());
  await Deno.writeTextFile(new URL("dunlin.schema.json", root), schemaFile());
}
