import assert from "node:assert/strict";
import mqtt from "mqtt";
import { BrokerProcess } from "../support/process.ts";
import { until, within } from "../support/wait.ts";
import { MqttJsClient, urlOf } from "./mqttjs_client.ts";

/** Far above what is needed, far below "it hangs". */
const BOUND = 10_000;

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.test(`${signal}: v5 is told 0x8B, 3.1.1 is closed, exit 0`, async () => {
    await using broker = await BrokerProcess.start();
    const port = broker.port();
    const old = await MqttJsClient.connect({
      ...{ transport: "tcp", port, version: 4, clientId: "old" },
    });
    const young = mqtt.connect(urlOf("tcp", port), {
      protocolVersion: 5,
      reconnectPeriod: 0,
    });
    const dismissed = new Promise<number | undefined>((resolve) =>
      young.on("disconnect", (packet) => resolve(packet.reasonCode))
    );
    await within("CONNACK", new Promise((go) => young.once("connect", go)));
    broker.signal(signal);
    assert.equal(await within("the DISCONNECT", dismissed), 0x8b);
    await within("the close", old.closed);
    const { code, stderr } = await within("the exit", broker.ended, BOUND);
    assert.equal(code, 0);
    assert.doesNotMatch(stderr, /warn|error/);
    await young.endAsync(true);
    await old.disconnect();
  });
}

Deno.test("SIGTERM: nobody is accepted any more", async () => {
  await using broker = await BrokerProcess.start();
  broker.signal("SIGTERM");
  await within("the exit", broker.ended, BOUND);
  await assert.rejects(
    Deno.connect({ port: broker.port() }),
    Deno.errors.ConnectionRefused,
  );
});

/** A client that is told to go and neither reads nor leaves. */
async function stubborn(port: number): Promise<Deno.TcpConn> {
  const conn = await Deno.connect({ port });
  // CONNECT of MQTT 3.1.1, clean, id "s"; then SUBSCRIBE to "#" at QoS 0.
  const connect = [0x10, 13, 0, 4, 77, 81, 84, 84, 4, 2, 0, 0, 0, 1, 115];
  await conn.write(Uint8Array.from(connect));
  await conn.write(Uint8Array.of(0x82, 6, 0, 1, 0, 1, 35, 0));
  const reply = new Uint8Array(9);
  for (let at = 0; at < reply.length;) {
    at += (await conn.read(reply.subarray(at)))!;
  }
  return conn;
}

Deno.test("SIGTERM: a client that does not let go is left behind", async () => {
  await using broker = await BrokerProcess.start({
    args: ["--set", "shutdown.timeout=300ms"],
  });
  using conn = await stubborn(broker.port());
  await fill(broker.port());
  broker.signal("SIGTERM");
  const { code } = await within("the exit", broker.ended, BOUND);
  assert.equal(code, 0);
  conn.closeWrite();
});

for (
  const [second, expected] of [["SIGTERM", 143], ["SIGINT", 130]] as const
) {
  Deno.test(`a second signal, ${second}, exits at once`, async () => {
    await using broker = await BrokerProcess.start({
      args: ["--set", "shutdown.timeout=10m"],
    });
    using conn = await stubborn(broker.port());
    await fill(broker.port());
    broker.signal("SIGTERM");
    await until("the first signal", () => refuses(broker.port()));
    broker.signal(second);
    const { code } = await within("the exit", broker.ended, BOUND);
    assert.equal(code, expected);
    conn.closeWrite();
  });
}

/**
 * Publishes 32 MiB for those who do not read: more than a socket takes, so
 * that the broker has something left to write when it is to end.
 */
async function fill(port: number): Promise<void> {
  const client = await MqttJsClient.connect({
    ...{ transport: "tcp", port, version: 4, clientId: "publisher" },
  });
  const payload = "x".repeat(1024 * 1024);
  for (let at = 0; at < 32; at++) await client.publish("t", payload, 1);
  await client.disconnect();
}

/** Whether nobody listens there: the first signal has been seen. */
async function refuses(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ port })).close();
    return false;
  } catch {
    return true;
  }
}
