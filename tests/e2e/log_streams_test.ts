import assert from "node:assert/strict";
import { BrokerProcess, runDunlin } from "../support/process.ts";
import { within } from "../support/wait.ts";
import { MqttJsClient } from "./mqttjs_client.ts";

/** Lines of these connections are more than a pipe holds (64 KiB). */
const CONNECTIONS = 1_500;

/** Debug lines: two or more for each connection. */
const ARGS = ["--log-level", "debug"];

/** Has the broker write more log lines than a pipe holds. */
async function makeLines(port: number): Promise<void> {
  for (let at = 0; at < CONNECTIONS; at++) {
    const conn = await Deno.connect({ port });
    await conn.write(Uint8Array.of(0xf0, 0));
    // It ends without an answer: this is no CONNECT.
    assert.equal(await conn.read(new Uint8Array(1)), null);
    conn.close();
  }
}

/** Publishes to itself: the broker serves. */
async function roundTrip(port: number): Promise<void> {
  const client = await MqttJsClient.connect({
    ...{ transport: "tcp", port, version: 5, clientId: "there and back" },
  });
  await client.subscribe("t", 1);
  await client.publish("t", "payload", 1);
  const { payload } = await within("the message", client.next());
  assert.equal(payload, "payload");
  await client.disconnect();
}

/** The broker serves and stops, whatever it writes to. */
async function servesAndStops(broker: BrokerProcess): Promise<void> {
  await within("the log lines", makeLines(broker.port()));
  await roundTrip(broker.port());
  broker.signal("SIGTERM");
  assert.equal((await within("the exit", broker.ended)).code, 0);
}

/** A pipe by name; open on both sides, so that a writer waits for no reader. */
async function openFifo(): Promise<{ path: string; reader: Deno.FsFile }> {
  const path = await Deno.makeTempFile();
  await Deno.remove(path);
  await new Deno.Command("mkfifo", { args: [path] }).output();
  return { path, reader: await Deno.open(path, { read: true, write: true }) };
}

Deno.test("log: a pipe that nobody reads neither freezes the broker nor its stop", async () => {
  const { path, reader } = await openFifo();
  {
    await using broker = await BrokerProcess.start({
      args: ARGS,
      redirect: `>${path} 2>&1`,
    });
    await servesAndStops(broker);
  }
  reader.close();
  await Deno.remove(path);
});

Deno.test("log: a reader that has gone does not end the broker", async () => {
  const { path, reader } = await openFifo();
  await using broker = await BrokerProcess.start({
    args: ARGS,
    redirect: `>${path} 2>&1`,
  });
  reader.close();
  await Deno.remove(path);
  await servesAndStops(broker);
});

for (const where of ["/dev/full", "&-"]) {
  Deno.test(`log: the broker serves and stops with both streams at ${where}`, async () => {
    await using broker = await BrokerProcess.start({
      args: ARGS,
      redirect: `>${where} 2>${where}`,
    });
    await servesAndStops(broker);
  });
}

Deno.test("output: a command whose output is full says so without a stack", async () => {
  const { code, stderr } = await runDunlin(["help"], {}, ">/dev/full");
  assert.equal(code, 1);
  assert.match(stderr, /^dunlin: cannot write to standard output: No space/);
  assert.doesNotMatch(stderr, /writeSync|\bat /);
  const silent = await runDunlin(["help"], {}, ">/dev/full 2>/dev/full");
  assert.equal(silent.code, 1);
});

Deno.test("output: a command whose reader has gone ends in silence", async () => {
  const { stdout, stderr } = await runDunlin(
    ["check", "--print"],
    {},
    "| head -n 1",
  );
  assert.equal(stdout.split("\n").length, 2);
  assert.equal(stderr, "");
});
