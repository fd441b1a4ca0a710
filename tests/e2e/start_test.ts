import assert from "node:assert/strict";
import { BrokerProcess, runDunlin } from "../support/process.ts";
import { within } from "../support/wait.ts";

const PINGRESP = [0xd0, 0];

/** Connects, sends CONNECT and PINGREQ, and sees both answered. */
async function works(hostname: string, port: number): Promise<void> {
  using conn = await within(
    `${hostname} to accept`,
    Deno.connect({ hostname, port }),
  );
  const connect = [0x10, 13, 0, 4, 77, 81, 84, 84, 4, 2, 0, 0, 0, 1, 115];
  await conn.write(Uint8Array.from([...connect, 0xc0, 0]));
  const reply = new Uint8Array(6);
  for (let at = 0; at < reply.length;) {
    const count = await within("the answers", conn.read(reply.subarray(at)));
    assert.notEqual(count, null, "closed");
    at += count!;
  }
  assert.deepEqual([...reply], [0x20, 2, 0, 0, ...PINGRESP]);
}

/** Whether this machine has the address at all. */
function has(hostname: string): boolean {
  try {
    Deno.listen({ hostname, port: 0 }).close();
    return true;
  } catch {
    return false;
  }
}

function testIpv6(name: string, body: () => Promise<void>): void {
  const isThere = has("::1");
  Deno.test({
    name: isThere ? name : `${name} (skipped: no IPv6 on this machine)`,
    ignore: !isThere,
    fn: body,
  });
}

Deno.test("port 0: a free port each, told in the ready file", async () => {
  const config = `
    [[listener]]
    name = "first"
    port = 0
    [[listener]]
    name = "second"
    port = 0
    [[listener]]
    name = "web"
    type = "websocket"
    port = 0
  `;
  await using broker = await BrokerProcess.start({ config });
  assert.deepEqual(
    broker.listeners.map(({ name, type, bind }) => [name, type, bind]),
    [
      ["first", "tcp", "127.0.0.1"],
      ["second", "tcp", "127.0.0.1"],
      ["web", "websocket", "127.0.0.1"],
    ],
  );
  const ports = new Set(broker.listeners.map((one) => one.port));
  assert.equal(ports.size, 3);
  assert.ok(!ports.has(0));
  await works("127.0.0.1", broker.port("first"));
  await works("127.0.0.1", broker.port("second"));
});

testIpv6("IPv6 alone", async () => {
  const config = `[[listener]]\nbind = "::1"\nport = 0`;
  await using broker = await BrokerProcess.start({ config });
  await works("::1", broker.port());
  await assert.rejects(
    Deno.connect({ hostname: "127.0.0.1", port: broker.port() }),
  );
});

testIpv6("IPv4 and IPv6 with one listener", async () => {
  const config = `
    [[listener]]
    bind = "::"
    port = 0
    allow_anonymous = true
  `;
  await using broker = await BrokerProcess.start({ config });
  await works("::1", broker.port());
  await works("127.0.0.1", broker.port());
});

Deno.test("an address in use is told, with what to do; exit 1", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr as Deno.NetAddr;
  const { code, stdout, stderr } = await runDunlin(["--port", `${port}`]);
  assert.equal(code, 1);
  assert.equal(stdout, "");
  assert.match(stderr, new RegExp(`127\\.0\\.0\\.1.*${port}`));
  assert.match(stderr, /another program.*another port/);
  assert.doesNotMatch(stderr, /\n\s+at /, "a stack is shown");
});

Deno.test("one listener that cannot start: none does", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr as Deno.NetAddr;
  const file = await Deno.makeTempFile({ suffix: ".toml" });
  const ready = `${file}.ready`;
  try {
    await Deno.writeTextFile(
      file,
      `[[listener]]\nname = "a"\nport = 0\n` +
        `[[listener]]\nname = "b"\nport = ${port}\n`,
    );
    const args = ["--config", file, "--ready-file", ready];
    assert.equal((await runDunlin(args)).code, 1);
    await assert.rejects(Deno.stat(ready), Deno.errors.NotFound);
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("a reachable address must say allow_anonymous", async () => {
  const { code, stderr } = await runDunlin([
    ...["--port", "0", "--bind", "0.0.0.0"],
  ]);
  assert.equal(code, 2);
  assert.match(stderr, /allow_anonymous/);
});

Deno.test("what the start prints: address, and what to try", async () => {
  await using broker = await BrokerProcess.start();
  broker.signal("SIGTERM");
  const { stdout } = await within("the exit", broker.ended);
  assert.match(stdout, /^Dunlin \d+\.\d+\.\d+ is ready\n/);
  assert.ok(stdout.includes(`mqtt://127.0.0.1:${broker.port()}\n`));
  assert.ok(stdout.includes(`mosquitto_sub -h 127.0.0.1 -p ${broker.port()}`));
});

Deno.test("file, environment, command line: each goes before", async () => {
  const limits = async (
    args: string[],
    env: Record<string, string>,
  ): Promise<number> => {
    await using broker = await BrokerProcess.start({
      config: `[[listener]]\nport = 0\n[limits]\nreceive_maximum = 11\n`,
      args,
      env,
    });
    return await receiveMaximum(broker.port());
  };
  const env = { DUNLIN_LIMITS__RECEIVE_MAXIMUM: "22" };
  assert.equal(await limits([], {}), 11);
  assert.equal(await limits([], env), 22);
  assert.equal(await limits(["--set", "limits.receive_maximum=33"], env), 33);
});

/** What CONNACK of MQTT 5.0 says the broker's receive maximum is. */
async function receiveMaximum(port: number): Promise<number> {
  using conn = await Deno.connect({ port });
  const connect = [0x10, 14, 0, 4, 77, 81, 84, 84, 5, 2, 0, 0, 0, 0, 1, 115];
  await conn.write(Uint8Array.from(connect));
  const reply = new Uint8Array(100);
  const count = await within("CONNACK", conn.read(reply));
  assert.equal(reply[0], 0x20);
  const at = reply.indexOf(0x21, 4);
  assert.ok(at > 0 && at < count!, "no receive maximum in CONNACK");
  return reply[at + 1] * 256 + reply[at + 2];
}
