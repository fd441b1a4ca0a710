import assert from "node:assert/strict";
import {
  completeSettings,
  loadSettings,
  VERSION,
} from "../../src/config/mod.ts";
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
});

Deno.test("docs: what the example leaves out on purpose is valid, too", async () => {
  const text = read("config.example.toml")
    .replace(/^# (\w+ = .*)$/gm, "$1")
    .replace(`type = "tcp"`, `type = "websocket"`)
    .replace(/^# \[\[listener\]\]$/m, "[[listener]]");
  const { listener } = await loadSettings({ file: { name: "example", text } });
  assert.equal(listener.length, 2);
});

Deno.test("docs: the version is that of deno.json", () => {
  assert.equal(VERSION, JSON.parse(read("deno.json")).version);
});
