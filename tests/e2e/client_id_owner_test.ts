import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { SignJWT } from "jose";
import mqtt, { type IClientOptions } from "mqtt";
import { BrokerProcess } from "../support/process.ts";
import { within } from "../support/wait.ts";
import { Workshop } from "../support/workshop.ts";

const KEY = "a key that nobody else has, 32 B.";

/** Users by password, on a store that stays. */
function configOf(folder: string, users: readonly string[]): string {
  return `
[storage]
path = ${JSON.stringify(`${folder}/store`)}
[[listener]]
name = "main"
port = 0
[[auth]]
type = "users"
listener = "main"
` + users.map((name) =>
    `[[user]]\nname = "${name}"\npassword = "of ${name}"\n`
  ).join("");
}

/** Tokens at a listener of their own, besides. */
const tokens = `
[[listener]]
name = "tokens"
port = 0
[[auth]]
type = "jwt"
listener = "tokens"
key = ${JSON.stringify(KEY)}
`;

/** Runs a broker as long as `body` does; gives its log. */
async function served(
  config: string,
  body: (broker: BrokerProcess) => Promise<void>,
): Promise<string> {
  const env = { DUNLIN_STORAGE__MODE: "buffered" };
  await using broker = await BrokerProcess.start({ config, env });
  await body(broker);
  broker.signal("SIGTERM");
  return (await within("the broker's end", broker.ended)).stderr;
}

/** Connects as `meter` for a session that stays: 0 or the code of CONNACK. */
async function meter(
  broker: BrokerProcess,
  options: IClientOptions,
  listener = "main",
): Promise<{ code: number; present: boolean }> {
  const url = `mqtt://127.0.0.1:${broker.port(listener)}`;
  const client = mqtt.connect(url, {
    clientId: "meter",
    clean: false,
    reconnectPeriod: 0,
    ...options,
  });
  const connack = await within(
    "CONNACK",
    new Promise<{ code: number; present: boolean }>((resolve) => {
      client.on(
        "connect",
        ({ sessionPresent }) => resolve({ code: 0, present: sessionPresent }),
      );
      client.on(
        "error",
        (error) =>
          resolve({ code: (error as { code?: number }).code!, present: false }),
      );
    }),
  );
  await client.endAsync();
  return connack;
}

const login = (name: string) => ({ username: name, password: `of ${name}` });

/** The login by a token of `name`, whatever the user name of CONNECT says. */
async function token(name: string): Promise<IClientOptions> {
  const key = new TextEncoder().encode(KEY);
  const signed = await new SignJWT({ sub: name })
    .setProtectedHeader({ alg: "HS256" }).sign(key);
  return { username: "any", password: Buffer.from(signed) };
}

Deno.test("client ids: a session keeps its owner over a restart, by whatever the user name is proved", async () => {
  await using workshop = await Workshop.open();
  const config = configOf(workshop.folder, ["ann", "bob"]) + tokens;
  await served(config, async (broker) => {
    const came = await meter(broker, login("ann"));
    assert.deepEqual(came, { code: 0, present: false });
  });
  const log = await served(config, async (broker) => {
    for (const version of [4, 5] as const) {
      const options = { ...login("bob"), protocolVersion: version };
      const refused = await meter(broker, options);
      assert.equal(refused.code, version === 5 ? 0x85 : 2);
    }
    const refused = await meter(broker, await token("bob"), "tokens");
    assert.equal(refused.code, 2);
    const came = await meter(broker, await token("ann"), "tokens");
    assert.deepEqual(came, { code: 0, present: true });
  });
  assert.match(
    log,
    /info +refused .*client="meter" .*reason="client-id-owned" .*limit="access\.client_id_owner is user: the session has user name ann, the client user name bob"/,
  );
});

Deno.test("client ids: a user who is in no [[auth]] any more holds none", async () => {
  await using workshop = await Workshop.open();
  await served(configOf(workshop.folder, ["ann", "bob"]), async (broker) => {
    await meter(broker, login("ann"));
    assert.equal((await meter(broker, login("bob"))).code, 2);
  });
  await served(configOf(workshop.folder, ["bob"]), async (broker) => {
    const came = await meter(broker, login("bob"));
    assert.deepEqual(came, { code: 0, present: false });
  });
});
