import assert from "node:assert/strict";
import mqtt from "mqtt";
import { BrokerProcess, spawnDunlin } from "../support/process.ts";
import { until, within } from "../support/wait.ts";
import { MqttJsClient, urlOf } from "./mqttjs_client.ts";

/** Those of `kill -l` that would end the process, and do not stop the broker. */
const HARMLESS = [
  "SIGHUP",
  "SIGUSR1",
  "SIGUSR2",
  "SIGPIPE",
  "SIGXFSZ",
] as const;

/** Those that would end it at once, and stop it. */
const STOPPING = [
  "SIGQUIT",
  "SIGALRM",
  "SIGVTALRM",
  "SIGPROF",
  "SIGIO",
  "SIGSTKFLT",
  "SIGPWR",
  "SIGXCPU",
] as const;

/** What does nothing by itself, and is left at that. */
const IDLE = ["SIGWINCH", "SIGURG", "SIGCONT", "SIGCHLD"] as const;

/** Its number; its handler is the last that is set. */
const SIGXFSZ = 25;

/** Publishes to itself: the broker serves. */
async function roundTrip(port: number): Promise<void> {
  const client = await MqttJsClient.connect({
    ...{ transport: "tcp", port, version: 5, clientId: "there and back" },
  });
  await client.subscribe("t", 1);
  await client.publish("t", "payload", 1);
  assert.equal((await within("the message", client.next())).payload, "payload");
  await client.disconnect();
}

/** Whether a process has a handler for a signal. Linux only. */
async function catches(pid: number, number: number): Promise<boolean> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  const mask = BigInt(`0x${/SigCgt:\s*([0-9a-f]+)/.exec(status)![1]}`);
  return (mask >> BigInt(number - 1) & 1n) === 1n;
}

Deno.test("signals: those that a service manager may send end nothing", async () => {
  await using broker = await BrokerProcess.start();
  for (const signal of [...HARMLESS, ...IDLE]) {
    broker.signal(signal);
    await roundTrip(broker.port());
  }
  broker.signal("SIGTERM");
  const { code, stderr } = await within("the exit", broker.ended);
  assert.equal(code, 0);
  assert.match(stderr, /info {2}saved signal="SIGUSR1" changes=0\n/);
  assert.match(stderr, /info {2}state signal="SIGUSR2" clients=\d+ sessions=/);
});

for (const signal of STOPPING) {
  Deno.test(`signals: ${signal} stops the broker as SIGTERM does`, async () => {
    await using broker = await BrokerProcess.start();
    const client = mqtt.connect(urlOf("tcp", broker.port()), {
      protocolVersion: 5,
      reconnectPeriod: 0,
    });
    const dismissed = new Promise<number | undefined>((resolve) =>
      client.on("disconnect", (packet) => resolve(packet.reasonCode))
    );
    await within("CONNACK", new Promise((go) => client.once("connect", go)));
    broker.signal(signal);
    assert.equal(await within("the DISCONNECT", dismissed), 0x8b);
    assert.equal((await within("the exit", broker.ended)).code, 0);
    await client.endAsync(true);
  });
}

Deno.test("signals: SIGUSR1 writes what the flush interval would have wait", async () => {
  const folder = await Deno.makeTempDir();
  const settings = [
    "storage.mode=buffered",
    "storage.flush_interval=1m",
    `storage.path=${JSON.stringify(`${folder}/store.kv`)}`,
  ];
  const args = settings.flatMap((one) => ["--set", one]);
  {
    await using broker = await BrokerProcess.start({ args });
    const client = await MqttJsClient.connect({
      ...{ transport: "tcp", port: broker.port(), version: 5, clientId: "a" },
    });
    await client.publish("kept", "payload", 1, true);
    broker.signal("SIGUSR1");
    await until("the log line", () => /saved .*changes=[1-9]/.test(broker.log));
    broker.signal("SIGKILL");
    await broker.ended;
    await client.kill();
  }
  await using broker = await BrokerProcess.start({ args });
  const client = await MqttJsClient.connect({
    ...{ transport: "tcp", port: broker.port(), version: 5, clientId: "b" },
  });
  await client.subscribe("kept", 1);
  assert.equal((await client.next()).payload, "payload");
  await client.disconnect();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("signals: none during the start ends the broker, and a stop is a stop", async () => {
  const folder = await Deno.makeTempDir();
  const config = `${folder}/dunlin.toml`;
  await new Deno.Command("mkfifo", { args: [config] }).output();
  // It reads its settings for as long as nobody writes them.
  const broker = spawnDunlin(["serve", "--config", config]);
  await until("the handlers", () => catches(broker.pid, SIGXFSZ));
  for (const signal of [...HARMLESS, ...IDLE, "SIGTERM"] as const) {
    broker.signal(signal);
  }
  await within(
    "a reader",
    Deno.writeTextFile(config, "[[listener]]\nport = 0\n"),
  );
  const { code, stdout, stderr } = await within("the exit", broker.ended);
  assert.deepEqual([code, /is ready/.test(stdout)], [0, true], stderr);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("signals: SIGUSR1 never opens the debugger of the runtime", async () => {
  await using broker = await BrokerProcess.start();
  // It listens for the signal only after a while, and says so by failing.
  await until("what the runtime does", () => {
    broker.signal("SIGUSR1");
    return /Failed to start inspector server|Debugger/.test(broker.log);
  });
  assert.doesNotMatch(broker.log, /Debugger listening/);
  await roundTrip(broker.port());
});
