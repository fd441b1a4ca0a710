import assert from "node:assert/strict";
import { BrokerProcess } from "../support/process.ts";
import { until, within } from "../support/wait.ts";
import { connectMqttJs } from "./mqttjs_client.ts";

/** A folder with a configuration that a broker of its own process goes by. */
class Configured implements AsyncDisposable {
  readonly folder: string;
  readonly #broker: BrokerProcess;

  private constructor(folder: string, broker: BrokerProcess) {
    this.folder = folder;
    this.#broker = broker;
  }

  static async start(
    files: Readonly<Record<string, string>>,
  ): Promise<Configured> {
    const folder = await Deno.makeTempDir({ prefix: "dunlin-test-" });
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(
        `${folder}/${name}`,
        text.replaceAll("@", folder),
      );
    }
    const args = ["--config", `${folder}/dunlin.toml`];
    return new Configured(folder, await BrokerProcess.start({ args }));
  }

  /** Writes one of its files, as most editors do: in place of the old one. */
  async write(name: string, text: string): Promise<void> {
    const path = `${this.folder}/${name}`;
    await Deno.writeTextFile(`${path}.new`, text.replaceAll("@", this.folder));
    await Deno.rename(`${path}.new`, path);
  }

  get broker(): BrokerProcess {
    return this.#broker;
  }

  get url(): string {
    return `mqtt://127.0.0.1:${this.#broker.port()}`;
  }

  /** Ends it; what it has logged. */
  async end(): Promise<string> {
    this.#broker.signal("SIGTERM");
    const { code, stderr } = await this.#broker.ended;
    assert.equal(code, 0, stderr);
    return stderr;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#broker[Symbol.asyncDispose]();
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** Whether a client may come in; a refusal is an answer, too. */
async function mayEnter(url: string, user: string, password: string) {
  try {
    const client = await connectMqttJs(url, { username: user, password });
    await client.endAsync();
    return true;
  } catch {
    return false;
  }
}

const HEAD = `[[listener]]
port = 0
allow_anonymous = false
[[auth]]
type = "users"
[access]
login_delay = "0s"
max_failures = 0
[storage]
mode = "memory"
`;

const user = (name: string, password: string) =>
  `[[user]]\nname = "${name}"\npassword = "${password}"\n`;

Deno.test("a configuration that is written anew is in force soon; one with mistakes is not, and says where", async () => {
  await using here = await Configured.start({
    "dunlin.toml": HEAD + user("ann", "one"),
  });
  const ann = await connectMqttJs(here.url, {
    username: "ann",
    password: "one",
    protocolVersion: 5,
  });
  const told = new Promise<number | undefined>((resolve) =>
    ann.on("disconnect", ({ reasonCode }) => resolve(reasonCode))
  );
  assert.equal(await mayEnter(here.url, "bob", "two"), false);
  await here.write(
    "dunlin.toml",
    HEAD + user("ann", "one") + user("bob", "two"),
  );
  await until("bob", () => mayEnter(here.url, "bob", "two"));
  assert.ok(ann.connected, "she is let in as before");
  // With a mistake in it nothing of the file counts: not the one without ann.
  await here.write("dunlin.toml", HEAD + user("eve", "x") + "nmae = 1\n");
  here.broker.signal("SIGHUP");
  await here.write("dunlin.toml", HEAD + user("bob", "two"));
  assert.equal(await within("ann to be sent off", told), 0x87);
  assert.equal(await mayEnter(here.url, "eve", "x"), false);
  const log = await here.end();
  assert.match(log, /info +changed setting="user bob" from=null/);
  assert.match(log, /info +reloaded because="[^"]*dunlin\.toml" changes=1/);
  assert.doesNotMatch(log, /"two"|one"/);
});

Deno.test("SIGHUP reads at once; what is wrong is told with its place, and changes nothing", async () => {
  await using here = await Configured.start({
    "dunlin.toml": HEAD + user("ann", "one"),
  });
  await here.write("dunlin.toml", HEAD + user("bob", "b") + "nmae = 1\n");
  here.broker.signal("SIGHUP");
  const isAnn = await mayEnter(here.url, "ann", "one");
  const isBob = await mayEnter(here.url, "bob", "b");
  assert.deepEqual([isAnn, isBob], [true, false]);
  await here.write("dunlin.toml", HEAD + user("eve", "e"));
  here.broker.signal("SIGHUP");
  await until("eve", () => mayEnter(here.url, "eve", "e"));
  const log = await here.end();
  assert.match(
    log,
    /error +reload-refused because="SIGHUP" code="settings-invalid" error=".*dunlin\.toml:14:1: user\.0\.nmae: .*name\?; the settings in force stay"/,
  );
});

Deno.test("secrets and rules in files of their own are watched as well", async () => {
  await using here = await Configured.start({
    "dunlin.toml": HEAD.replace(
      "[access]",
      `[access]\nacl_file = "@/acl"`,
    ) + user("ann", "file:@/secret"),
    secret: "one\n",
    acl: "user ann\ntopic read t\n",
  });
  const ann = await connectMqttJs(here.url, {
    username: "ann",
    password: "one",
    protocolVersion: 5,
  });
  const gone = new Promise<void>((resolve) => ann.on("close", () => resolve()));
  await ann.subscribeAsync("t");
  await here.write("secret", "other\n");
  await within("ann to be sent off", gone);
  const options = { username: "ann", password: "other" };
  const again = await connectMqttJs(here.url, options);
  const heard = Promise.withResolvers<string>();
  again.on("message", (topic) => heard.resolve(topic));
  await assert.rejects(again.subscribeAsync("u"), "not yet");
  await here.write("acl", "user ann\ntopic u\n");
  await until("the rule", async () => {
    const [granted] = await again.subscribeAsync("u").catch(() => [null]);
    return granted !== null;
  });
  await again.publishAsync("u", "x", { qos: 1 });
  assert.equal(await within("the message", heard.promise), "u");
  await again.endAsync();
  const log = await here.end();
  assert.match(log, /changed setting="user ann\.password" from="\\"\(hidden\)/);
  assert.match(log, /reloaded because="[^"]*\/acl"/);
});

Deno.test("the log, the ready file and the end keep to what was read last", async () => {
  await using here = await Configured.start({
    "dunlin.toml": `[[listener]]\nport = 0\n[storage]\nmode = "memory"\n`,
  });
  await here.write(
    "dunlin.toml",
    `[[listener]]\nport = 0\n[[listener]]\nname = "more"\nport = 0\n` +
      `[log]\nformat = "json"\n[storage]\npath = "/nowhere"\n`,
  );
  here.broker.signal("SIGHUP");
  const more = async () => (await here.broker.readReady()).length === 2;
  await until("the second listener", more);
  const [, second] = await here.broker.readReady();
  const client = await connectMqttJs(`mqtt://127.0.0.1:${second.port}`, {});
  await client.endAsync();
  const lines = (await here.end()).trimEnd().split("\n")
    .map((line) => JSON.parse(line));
  const told = lines.map(({ event, setting }) => `${event} ${setting ?? ""}`);
  assert.ok(told.includes("changed listener more"), told.join("\n"));
  assert.ok(told.includes("needs-restart storage.path"), told.join("\n"));
  assert.equal(lines.at(-1).event, "stopping");
});
