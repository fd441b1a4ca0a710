import assert from "node:assert/strict";
import {
  completeSettings,
  loadSettings,
  VERSION,
} from "../../src/config/mod.ts";
import {
  appliesTo,
  listenerFields,
} from "../../src/config/fields/listener_fields.ts";
import { lists } from "../../src/config/fields/lists.ts";
import { exampleFile, schemaFile } from "../../tools/config_docs.ts";

const root = new URL("../../", import.meta.url);

function read(name: string): string {
  return Deno.readTextFileSync(new URL(name, root));
}

Deno.test("docs: config.example.toml is what the schema says (deno task config:docs)", () => {
  assert.equal(read("config.example.toml"), exampleFile());
});

Deno.test("docs: dunlin.schema.json is what the schema says (deno task config:docs)", () => {
  assert.equal(read("dunlin.schema.json"), schemaFile());
});

Deno.test("docs: the example is valid and holds the defaults", async () => {
  const text = read("config.example.toml");
  const settings = await loadSettings({ file: { name: "example", text } });
  assert.deepEqual(settings, completeSettings());
});

Deno.test("docs: the example names every setting", () => {
  const text = read("config.example.toml");
  const settings = completeSettings();
  const { listener, ...sections } = settings;
  const keys = [listener[0], ...Object.values(sections)].flatMap(Object.keys);
  for (const key of keys) {
    assert.match(text, new RegExp(`^(# )?${key} = `, "m"));
  }
  const { listener: _, ...others } = lists;
  for (const key of Object.values(others).flatMap(Object.keys)) {
    assert.match(text, new RegExp(`^#   ${key}( \\(.*\\))?: `, "m"));
  }
});

Deno.test("docs: the example's users and rules are valid", async () => {
  const text = read("config.example.toml")
    .match(/^# Authenticators\.[^]*?(?=^# Settings for all auth)/m)![0]
    .replace(/^# (?=\[\[|\w+ = )/gm, "")
    .replace("file:alice.password", "secret");
  const settings = await loadSettings({ file: { name: "example", text } });
  assert.deepEqual(settings.auth.map(({ type }) => type), [
    "users",
    "password-file",
  ]);
  assert.equal(settings.user[0].name, "alice");
  assert.deepEqual(settings.group[0].members, ["bob"]);
  assert.deepEqual(settings.acl[0].topic, ["sensors/%c/#"]);
  assert.match(settings.acl[0].place, /^example:\d+$/);
});

const types = ["tcp", "tls", "websocket", "wss", "unix"] as const;
for (const type of types) {
  Deno.test(`docs: all that the example says holds for type ${type}, too`, async () => {
    const listener = { type, one_port: false };
    const text = read("config.example.toml")
      // The tables of users and rules are examples; they have their own test.
      .replace(/^# Authenticators\.[^]*?(?=^\[access\])/m, "")
      .replace(/^(?:# )?(\w+) = (.*)$/gm, (line, key) => {
        // What speaks of files that are not there is for readers.
        if (key === "certificate") return line;
        if (!(key in listenerFields)) return line.replace(/^# /, "");
        return appliesTo(key, listener) ? line.replace(/^# /, "") : "";
      })
      .replace(`type = "tcp"`, `type = "${type}"`)
      .replace("port = 1883", "port = 1")
      .replace(/^# \[\[listener\]\]$/gm, "[[listener]]")
      .replace(/^name = .*$/m, "");
    const settings = await loadSettings({ file: { name: "example", text } });
    assert.equal(settings.listener.length, 4);
  });
}

Deno.test("docs: the version is that of deno.json", () => {
  assert.equal(VERSION, JSON.parse(read("deno.json")).version);
});
