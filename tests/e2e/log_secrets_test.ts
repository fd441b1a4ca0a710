import assert from "node:assert/strict";
import { BrokerProcess } from "../support/process.ts";
import { until } from "../support/wait.ts";
import { connectMqttJs } from "./mqttjs_client.ts";

/** Parts of everything that must not be seen. */
const SECRET = /s3cret/;

const TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzM2NyZXQiOjF9.czNjcmV0LXNpZ25hdHVyZQ";

/** Settings with a secret of every kind; port 1 answers nobody. */
const settings = (password: string) => `
[log]
level = "debug"
format = "json"
[access]
login_delay = 0
max_failures = 0
[[listener]]
port = 0
allow_anonymous = false
[[auth]]
type = "users"
[[user]]
name = "ann"
password = "${password}"
[[auth]]
type = "jwt"
key = "s3cret-key-of-32-bytes-or-more-for-hs256"
algorithms = ["HS256"]
[[auth]]
type = "http"
url = "http://127.0.0.1:1/login?key=s3cret-query"
authorization = "Bearer s3cret-bearer"
`;

/** Names as a client that wants to fool the reader of the log chooses them. */
const NAMES = [
  'a"\n{"time":"2026-01-01T00:00:00.000Z","level":"error","event":"forged"}',
  "a\r\n2026-01-01T00:00:00.000Z error forged",
  "\x1b[2J\x1b]0;title\x07",
  "\u009b31m\u202e\u2028\ufeff",
];

Deno.test("log: no line has a secret of settings or clients, and none is forged or steers a terminal", async () => {
  const folder = await Deno.makeTempDir({ prefix: "dunlin-test-" });
  const path = `${folder}/dunlin.toml`;
  await Deno.writeTextFile(path, settings("s3cret-old"));
  const args = ["--config", path];
  await using broker = await BrokerProcess.start({ args });
  const url = `mqtt://127.0.0.1:${broker.port()}`;
  const enter = async (
    clientId: string,
    username: string,
    password: string,
  ): Promise<boolean> => {
    try {
      const client = await connectMqttJs(url, {
        ...{ clientId, username, password, protocolVersion: 5 },
      });
      await client.endAsync();
      return true;
    } catch {
      return false;
    }
  };
  assert.ok(await enter("right", "ann", "s3cret-old"));
  assert.ok(!await enter("wrong", "ann", "s3cret-guess"));
  assert.ok(!await enter("token", "", TOKEN));
  for (const name of NAMES) {
    assert.ok(await enter(name, "ann", "s3cret-old"));
    assert.ok(!await enter(name, name, "s3cret-other"));
  }
  await Deno.writeTextFile(path, settings("s3cret-new"));
  broker.signal("SIGHUP");
  await until("the reload", () => /"event":"reloaded"/.test(broker.log));
  await Deno.writeTextFile(path, settings('s3cret" broken'));
  broker.signal("SIGHUP");
  await until("the refusal", () => /"reload-refused"/.test(broker.log));
  broker.signal("SIGUSR2");
  await until("the state", () => /"event":"state"/.test(broker.log));
  broker.signal("SIGTERM");
  const { stdout, stderr } = await broker.ended;
  await Deno.remove(folder, { recursive: true });
  const text = stdout + stderr;
  assert.doesNotMatch(text, SECRET);
  assert.doesNotMatch(text, /eyJ|czNj/);
  // deno-lint-ignore no-control-regex
  assert.doesNotMatch(text, /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u2028\ufeff]/);
  const events = text.split("\n").slice(0, -1).map((line) => JSON.parse(line));
  assert.ok(!events.some(({ event }) => event === "forged"));
  // The names are there as they are, for those who look for them.
  for (const name of NAMES) {
    assert.ok(events.some(({ client }) => client === name), name);
  }
});
