import assert from "node:assert/strict";
import { Broker } from "../../src/broker/mod.ts";
import { askBroker } from "../../src/cli/running/ask_broker.ts";
import { trace } from "../../src/cli/trace/trace.ts";
import type { TraceOptions } from "../../src/cli/trace/trace_program.ts";
import { SystemClock } from "../../src/clock/mod.ts";
import { completeSettings, type Settings } from "../../src/config/mod.ts";
import { memoryPair } from "../../src/transport/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";
import type { ConnectOptions } from "../support/packets.ts";
import { settle } from "../support/settle.ts";
import { until } from "../support/wait.ts";
import { WireClient } from "../support/wire_client.ts";

/** A broker on a store, with clients and traces in this process. */
class TracedBroker {
  readonly clock = new ManualClock();
  readonly folder: string;
  readonly settings: Settings;
  readonly broker: Broker;

  private constructor(folder: string) {
    this.folder = folder;
    this.settings = completeSettings({
      sys: { interval: 0 },
      storage: { path: folder },
      listener: [{ name: "main", port: 0, allow_anonymous: true }],
    });
    this.broker = new Broker(this.settings, { clock: this.clock });
  }

  static async start(): Promise<TracedBroker> {
    const folder = await Deno.makeTempDir({ prefix: "dunlin-trace-" });
    const traced = new TracedBroker(folder);
    await traced.broker.start();
    return traced;
  }

  async connect(options: ConnectOptions): Promise<WireClient> {
    const [mine, theirs] = memoryPair();
    const peer = { hostname: "192.0.2.9", port: 4711 };
    this.broker.serve({ stream: theirs, peer }, this.settings.listener[0]);
    const client = new WireClient(mine, 5);
    await client.send(client.packets.connect(options));
    assert.equal((await client.receive()).code, 0);
    return client;
  }

  /** Begins `dunlin trace`; resolves once it runs. */
  async trace(options: Partial<TraceOptions> = {}): Promise<TraceRun> {
    const run = new TraceRun(this, options);
    await until("the trace runs", () => run.end !== null);
    return run;
  }

  async running(): Promise<number> {
    return (await this.broker.steering.traces()).running.length;
  }

  /** Ends the broker, if it has not ended, and removes its store. */
  async end(): Promise<void> {
    await this.broker.stop(0).catch(() => {});
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** One `dunlin trace`, and what it has written. */
class TraceRun {
  out = "";
  err = "";
  /** Ends it, as Ctrl-C does; null before it runs. */
  end: (() => void) | null = null;
  readonly code: Promise<number>;

  constructor({ folder }: TracedBroker, options: Partial<TraceOptions>) {
    const usual = { for: "10m", payload: "text" } as const;
    const set = [`storage.path=${JSON.stringify(folder)}`];
    const output = {
      out: (text: string) => void (this.out += text),
      err: (text: string) => void (this.err += text),
    };
    this.code = trace(
      { ...usual, set, ...options },
      {},
      output,
      (end) => this.end = end,
    );
  }
}

const isWindows = Deno.build.os === "windows";

Deno.test({
  name: "dunlin trace: a table and lines of JSON, until the command is ended",
  ignore: isWindows,
  fn: async () => {
    const traced = await TracedBroker.start();
    const table = await traced.trace();
    const json = await traced.trace({ json: true, payload: "json" });
    const client = await traced.connect({
      clientId: "door-7",
      username: "anna",
    });
    await client.send(
      client.packets.publish({
        topic: "home/\x1b[31m",
        payload: '{"open":true}',
      }),
    );
    await until("three rows", () => json.out.split("\n").length > 3);
    const rows = json.out.trim().split("\n").map((line) => JSON.parse(line));
    assert.deepEqual(rows.map(({ packet }) => packet), [
      ...["CONNECT", "CONNACK", "PUBLISH"],
    ]);
    assert.deepEqual(rows[2].payload, { open: true });
    assert.equal(rows[2].address, "192.0.2.9:4711");
    json.end!();
    table.end!();
    assert.deepEqual([await json.code, await table.code], [0, 0]);
    const said =
      /^dunlin: tracing until [\d:]{8}; Ctrl-C ends it\n.*ended: 3 packets\n$/;
    assert.match(json.err, said);
    const [head, connect, , publish] = table.out.split("\n");
    assert.match(head, /^TIME +CLIENT +WAY +PACKET +CONTENT$/);
    assert.match(
      connect,
      /^[\d:.]{12} {2}door-7 +in +CONNECT +from 192.0.2.9:4711 {2}MQTT 5.0 {2}clean start .*user anna/,
    );
    assert.match(
      publish,
      /in {3}PUBLISH +home\/.\[31m {2}QoS 0 {2}13 B {2}\{"open":true\}$/,
    );
    assert.equal(await traced.running(), 0);
    await traced.end();
  },
});

Deno.test({
  name:
    "dunlin trace --pcap: the file has MQTT in TCP streams without gaps, also of a client that was there before",
  ignore: isWindows,
  fn: async () => {
    const traced = await TracedBroker.start();
    const early = await traced.connect({ clientId: "early" });
    const pcap = `${traced.folder}/t.pcap`;
    const run = await traced.trace({ pcap });
    const late = await traced.connect({
      clientId: "late",
      password: "swordfish",
      username: "u",
    });
    const long = "x".repeat(5000);
    await late.send(late.packets.publish({ topic: "a", payload: long }));
    await early.send(early.packets.publish({ topic: "b", qos: 1 }));
    run.end!();
    assert.equal(await run.code, 0);
    assert.equal((await Deno.stat(pcap)).mode! & 0o777, 0o600);
    const records = readPcap(await Deno.readFile(pcap));
    assert.deepEqual(
      records.map(({ stream, content }) => `${stream} ${content[0] >> 4}`),
      [
        ...["in 1", "out 2", "in 3"],
        ...["in 1", "in 3", "out 4"], // with a made-up CONNECT
      ],
    );
    const [connect, , publish, madeUp] = records;
    assert.ok(!new TextDecoder().decode(connect.content).includes("swordfish"));
    assert.ok(new TextDecoder().decode(madeUp.content).includes("early"));
    assert.equal(publish.content.length, 3 + 2 + 1 + 1 + 4096);
    assert.equal(publish.original - publish.captured, 5000 - 4096);
    const again = new TraceRun(traced, { pcap });
    assert.equal(await again.code, 1);
    assert.match(again.err, /t\.pcap exists: give another name, or --force/);
    await traced.end();
  },
});

/** One record of a pcap file. */
interface PcapRecord {
  readonly stream: string;
  readonly content: Uint8Array;
  readonly captured: number;
  readonly original: number;
}

/** Reads a pcap file of raw IPv4 and TCP; sequence numbers must have no gap. */
function readPcap(bytes: Uint8Array): PcapRecord[] {
  const view = new DataView(bytes.buffer);
  assert.equal(view.getUint32(0), 0xa1b23c4d);
  assert.equal(view.getUint32(20), 101);
  const records: PcapRecord[] = [];
  const next = new Map<string, number>();
  for (let at = 24; at < bytes.length;) {
    const captured = view.getUint32(at + 8);
    const original = view.getUint32(at + 12);
    const ip = at + 16;
    assert.equal(view.getUint8(ip), 0x45);
    assert.equal(view.getUint16(ip + 2), captured);
    assert.equal(view.getUint8(ip + 9), 6);
    const [from, to] = [view.getUint16(ip + 20), view.getUint16(ip + 22)];
    assert.ok(from === 1883 || to === 1883);
    const key = `${view.getUint32(ip + 12)}:${from} ${
      view.getUint32(ip + 16)
    }:${to}`;
    const sequence = view.getUint32(ip + 24);
    const content = bytes.subarray(ip + 40, ip + captured);
    assert.equal(sequence, next.get(key) ?? 1);
    next.set(key, sequence + content.length);
    const stream = to === 1883 ? "in" : "out";
    records.push({ stream, content, captured, original });
    at = ip + captured;
  }
  return records;
}

Deno.test({
  name:
    "dunlin trace: the trace ends when its reader goes, and its reader learns that the broker stops",
  ignore: isWindows,
  fn: async () => {
    const traced = await TracedBroker.start();
    const path = `${traced.folder}/store.kv.control`;
    const conn = await Deno.connect({ transport: "unix", path });
    await conn.write(new TextEncoder().encode('{"command":"trace"}\n'));
    const begun = await conn.read(new Uint8Array(4096));
    assert.ok(begun! > 0);
    assert.equal(await traced.running(), 1);
    conn.close();
    await until(
      "the trace has ended",
      async () => await traced.running() === 0,
    );
    const run = await traced.trace();
    await traced.connect({ clientId: "a" });
    await traced.broker.stop(0);
    assert.equal(await run.code, 0);
    assert.match(run.out, /out +DISCONNECT +ServerShuttingDown \(0x8b\)/);
    assert.match(run.err, /the broker stops: 4 packets\n$/);
    await traced.end();
  },
});

Deno.test({
  name:
    "dunlin trace: four traces leave room for other questions, and a fifth is refused",
  ignore: isWindows,
  fn: async () => {
    const traced = await TracedBroker.start();
    const runs = [];
    for (let count = 0; count < 4; count++) runs.push(await traced.trace());
    const health = { command: "health" };
    const clock = new SystemClock();
    assert.deepEqual(await askBroker(traced.settings, {}, health, clock), {
      ...{ loading: false, trouble: null },
    });
    const fifth = new TraceRun(traced, {});
    assert.equal(await fifth.code, 1);
    assert.match(fifth.err, /4 message traces run already; end one of them/);
    const wrong = new TraceRun(traced, { topic: "#/a" });
    assert.equal(await wrong.code, 1);
    assert.match(wrong.err, /topic must be a topic filter: .*last character/);
    for (const run of runs) run.end!();
    for (const run of runs) assert.equal(await run.code, 0);
    await traced.end();
  },
});

Deno.test({
  name:
    "dunlin trace: a reader that stands still at the end holds up the stop of the broker for two seconds at most",
  ignore: isWindows,
  fn: async () => {
    const traced = await TracedBroker.start();
    const path = `${traced.folder}/store.kv.control`;
    const conn = await Deno.connect({ transport: "unix", path });
    await conn.write(new TextEncoder().encode('{"command":"trace"}\n'));
    await until("the trace runs", async () => await traced.running() === 1);
    const client = await traced.connect({ clientId: "a" });
    const { packets } = client;
    const message = packets.publish({ topic: "a", payload: "x".repeat(4096) });
    for (let count = 0; count < 400; count++) await client.send(message);
    const [running] = (await traced.broker.steering.traces()).running;
    assert.ok(running.state.missing > 0, "its reader takes no more");
    let hasStopped = false;
    const stopped = traced.broker.stop(0).then(() => hasStopped = true);
    // Longer than the store takes to close.
    for (let look = 0; look < 500; look++) await Deno.stat(traced.folder);
    assert.equal(hasStopped, false, "the reader may still take the rest");
    await until("the broker has stopped", () => {
      traced.clock.advance(500);
      return hasStopped;
    });
    await stopped;
    await settle();
    conn.close();
    await traced.end();
  },
});
