import assert from "node:assert/strict";
import { BrokerProcess, runDunlin } from "../support/process.ts";
import { Packets } from "../support/packets.ts";
import { makeHash, printHash } from "../../src/security/passwords/mod.ts";
import { until, within } from "../support/wait.ts";
import { Workshop } from "../support/workshop.ts";
import { connectMqttJs } from "./mqttjs_client.ts";
import { mosquittoBroker, mosquittoClients, testWith } from "./programs.ts";

const packets = new Packets(4);

/** The packets that come, by their first byte, until `count` have come. */
async function typesOf(
  conn: Deno.Conn,
  count: number,
  patience?: number,
): Promise<number[]> {
  const types: number[] = [];
  const bytes: number[] = [];
  const buffer = new Uint8Array(256);
  while (types.length < count) {
    const read = await within("an answer", conn.read(buffer), patience);
    assert.notEqual(read, null, "closed");
    bytes.push(...buffer.subarray(0, read!));
    // All that comes here is shorter than 128 bytes.
    while (bytes.length > 1 && bytes.length >= bytes[1] + 2) {
      types.push(bytes.splice(0, bytes[1] + 2)[0] >> 4);
    }
  }
  return types;
}

/** How long a busy machine may go through a gigabyte (ms). */
const MINUTES = 120_000;

Deno.test("passwords: while one is compared, clients are served", async () => {
  // A gigabyte to go through: a good part of a second on any machine.
  const hash = printHash({
    kind: "argon2id",
    memory: 1 << 17,
    passes: 8,
    lanes: 1,
    salt: new Uint8Array(16),
    key: new Uint8Array(32),
  });
  await using broker = await BrokerProcess.start({
    config: `
[limits]
connect_timeout = "2m" # as a busy machine takes its time
[[listener]]
port = 0
allow_anonymous = true
[[auth]]
type = "users"
[[user]]
name = "slow"
password = "${hash}"
`,
  });
  const port = broker.port();
  using client = await Deno.connect({ port });
  await client.write(packets.connect({ clientId: "here" }));
  assert.deepEqual(await typesOf(client, 1), [2]);
  using login = await Deno.connect({ port });
  await login.write(packets.connect({ username: "slow", password: "x" }));
  let isAnswered = false;
  const answer = typesOf(login, 1, MINUTES).then((types) => {
    isAnswered = true;
    return types;
  });
  for (let ping = 0; ping < 20; ping++) {
    await client.write(Uint8Array.of(0xc0, 0));
    assert.deepEqual(await typesOf(client, 1), [13]);
  }
  assert.ok(!isAnswered, "the login was over before 20 pings");
  assert.deepEqual(await answer, [2]);
});

Deno.test("passwords: logins that failed are counted under $SYS and told in the log", async () => {
  const broker = await BrokerProcess.start({
    config: `
[sys]
interval = "1s"
[[listener]]
port = 0
allow_anonymous = true
[access]
login_delay = "0s"
max_failures = 2
[[auth]]
type = "users"
[[user]]
name = "bob"
password = "x"
`,
  });
  try {
    const url = `mqtt://127.0.0.1:${broker.port()}`;
    const wrong = {
      protocolVersion: 5,
      username: "bob",
      password: "y",
    } as const;
    for (const code of [0x86, 0x86, 0x9f]) {
      await assert.rejects(connectMqttJs(url, wrong), { code });
    }
    const seen = new Map<string, string>();
    const client = await connectMqttJs(url, {});
    const all = new Promise<void>((resolve) => {
      client.on("message", (topic, payload) => {
        seen.set(topic.split("/").at(-1)!, payload.toString());
        if (seen.get("failed") === "2" && seen.get("refused") === "1") {
          resolve();
        }
      });
    });
    await client.subscribeAsync("$SYS/broker/logins/+");
    await within("the counts", all);
    await client.endAsync();
  } finally {
    broker.signal("SIGTERM");
    const { stderr } = await broker.ended;
    await broker[Symbol.asyncDispose]();
    assert.match(
      stderr,
      / refused .*from="127\.0\.0\.1:\d+" .*user="bob" reason="auth-failed" .*wrong password"/,
    );
    assert.doesNotMatch(stderr, /: y/);
  }
});

testWith(
  [mosquittoBroker, mosquittoClients],
  "passwords: Mosquitto lets in whom dunlin passwd has added for it",
  async () => {
    await using workshop = await Workshop.open();
    const file = workshop.path("passwd");
    const password = new TextEncoder().encode("gehäim");
    const hash = printHash(await makeHash(password, "pbkdf2-sha512"));
    await Deno.writeTextFile(file, `bob:${hash}\n`);
    const port = freePort();
    const config = workshop.path("mosquitto.conf");
    await Deno.writeTextFile(
      config,
      `listener ${port} 127.0.0.1\npassword_file ${file}\nuser root\n`,
    );
    const mosquitto = new Deno.Command(mosquittoBroker.command!, {
      args: ["-c", config],
      stdout: "null",
      stderr: "null",
    }).spawn();
    try {
      await until("Mosquitto to listen", () => listens(port));
      const url = `mqtt://127.0.0.1:${port}`;
      const login = { username: "bob", password: "gehäim" };
      await (await connectMqttJs(url, login)).endAsync();
      await assert.rejects(connectMqttJs(url, { ...login, password: "x" }));
    } finally {
      mosquitto.kill("SIGKILL");
      await mosquitto.status;
    }
  },
);

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** Whether somebody accepts there. */
async function listens(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ port })).close();
    return true;
  } catch {
    return false;
  }
}

const starts:
  readonly (readonly [name: string, config: string, told: RegExp])[] = [
    [
      "a password file that is not there",
      `[[auth]]\ntype = "password-file"\nfile = "/nowhere/passwd"`,
      /\/nowhere\/passwd: there is no such file; dunlin passwd add FILE USER makes one/,
    ],
    [
      "a hash that is none",
      `[[auth]]\ntype = "users"\n[[user]]\nname = "bob"\npassword = "$7$1$x"`,
      /\[\[user\]\] bob: the hash in password cannot be used/,
    ],
  ];
for (const [name, config, told] of starts) {
  Deno.test(`passwords: ${name} keeps the broker from starting, in a line`, async () => {
    await using workshop = await Workshop.open();
    const file = workshop.path("dunlin.toml");
    await Deno.writeTextFile(file, `listener = [{ port = 0 }]\n${config}`);
    const { code, stderr } = await runDunlin(["--config", file]);
    assert.equal(code, 1);
    assert.match(stderr, told);
    assert.equal(stderr.trim().split("\n").length, 1, stderr);
  });
}
