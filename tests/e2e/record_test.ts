import assert from "node:assert/strict";
import { Broker } from "../../src/broker/mod.ts";
import { record } from "../../src/cli/record/record.ts";
import type {
  RecordOptions,
  ReplayOptions,
} from "../../src/cli/record/record_program.ts";
import { replay } from "../../src/cli/record/replay.ts";
import { type Cancel, type Clock, SystemClock } from "../../src/clock/mod.ts";
import { loadSettings } from "../../src/config/mod.ts";
import { property } from "../support/bytes.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { Packets } from "../support/packets.ts";
import { until } from "../support/wait.ts";

/** A broker at a port, and the files of its recordings. */
class RecordedBroker {
  readonly folder: string;
  readonly url: string;
  readonly #broker: Broker;

  private constructor(folder: string, url: string, broker: Broker) {
    this.folder = folder;
    this.url = url;
    this.#broker = broker;
  }

  /** `rules` is TOML. */
  static async start(rules = ""): Promise<RecordedBroker> {
    const text = `sys.interval = 0\nstorage.mode = "memory"\n${rules}\n` +
      "[[listener]]\nport = 0\nallow_anonymous = true\n";
    const file = { name: "d.toml", text };
    const broker = new Broker(await loadSettings({ file }));
    const [{ port }] = await broker.start();
    const folder = await Deno.makeTempDir({ prefix: "dunlin-record-" });
    return new RecordedBroker(folder, `mqtt://127.0.0.1:${port}`, broker);
  }

  /** Subscriptions of all clients. */
  get subscriptions(): number {
    return this.#broker.state.subscriptions;
  }

  path(name: string): string {
    return `${this.folder}/${name}`;
  }

  /** Begins `dunlin record`, which ends after `count` messages. */
  record(name: string, options: Partial<RecordOptions> = {}): CommandRun {
    const usual = { url: this.url, qos: "2", retained: true };
    return new CommandRun((output, onInterrupt) =>
      record(
        this.path(name),
        ["a/#"],
        { ...usual, ...options },
        output,
        new SystemClock(),
        onInterrupt,
      )
    );
  }

  /** Begins `dunlin replay`. */
  replay(
    name: string,
    options: Partial<ReplayOptions> = {},
    clock: Clock = new SystemClock(),
  ): CommandRun {
    const usual = { url: this.url, speed: "max", retain: true };
    const all = { ...usual, ...options };
    return new CommandRun((output, onInterrupt) =>
      replay(this.path(name), all, output, clock, onInterrupt)
    );
  }

  /** Publishes frames of MQTT 5.0 as one client, which then goes. */
  async publish(...frames: Uint8Array[]): Promise<void> {
    const port = Number(new URL(this.url).port);
    const conn = await Deno.connect({ hostname: "127.0.0.1", port });
    const packets = new Packets(5);
    await conn.write(packets.connect({ clientId: "source" }));
    await conn.read(new Uint8Array(512));
    for (const frame of frames) await conn.write(frame);
    await conn.write(packets.disconnect());
    while (await conn.read(new Uint8Array(512)) !== null);
    conn.close();
  }

  async stop(): Promise<void> {
    await this.#broker.stop(1000);
  }

  async end(): Promise<void> {
    await this.stop().catch(() => {});
    await Deno.remove(this.folder, { recursive: true });
  }

  /** The text of a recording; empty before it begins. */
  text(name: string): string {
    try {
      return Deno.readTextFileSync(this.path(name));
    } catch {
      return "";
    }
  }

  /** The lines of a recording, without their times. */
  lines(name: string): Record<string, unknown>[] {
    return this.text(name).trim().split("\n").map(
      (line) => {
        const { time, ...rest } = JSON.parse(line);
        assert.match(time, /^\d{4}-\d\d-\d\dT[\d:.]{12}Z$/);
        return rest;
      },
    );
  }
}

/** A command that runs. */
class CommandRun {
  err = "";
  interrupt: () => void = () => {};
  readonly code: Promise<number>;

  constructor(
    run: (
      output: { out(text: string): void; err(text: string): void },
      onInterrupt: (end: () => void) => void,
    ) => Promise<number>,
  ) {
    const output = {
      out: () => {},
      err: (text: string) => void (this.err += text),
    };
    this.code = run(output, (end) => this.interrupt = end);
  }
}

Deno.test("dunlin record and replay: topic, payload, QoS, RETAIN and properties come back as they were", async () => {
  const broker = await RecordedBroker.start();
  const packets = new Packets(5);
  await broker.publish(
    packets.publish({ topic: "a/kept", payload: "old", retain: true }),
  );
  const first = broker.record("first", { count: "5" });
  await until(
    "the retained message",
    () => broker.text("first") !== "",
  );
  await broker.publish(
    packets.publish({
      ...{ topic: "a/1", payload: '{"t":1}', qos: 2, id: 1 },
      properties: [
        property.payloadFormat(1),
        property.contentType("application/json"),
        property.responseTopic("r"),
        property.correlationData("id"),
        property.user("k", "v"),
        property.user("k", "w"),
      ],
    }),
    packets.publish({
      topic: "a/2",
      payload: new Uint8Array([0xff, 0]),
      qos: 1,
    }),
    packets.publish({ topic: "b", payload: "not asked for" }),
    packets.publish({ topic: "a/3", payload: "grün" }),
    packets.publish({ topic: "a/4", retain: true, payload: "new" }),
  );
  assert.equal(await first.code, 0);
  assert.equal(first.err, "dunlin: 5 messages recorded\n");
  const recorded = broker.lines("first");
  assert.deepEqual(recorded, [
    { topic: "a/kept", payload: "old", qos: 0, retain: true },
    {
      ...{ topic: "a/1", payload: '{"t":1}', qos: 2, retain: false },
      properties: {
        payloadFormatIndicator: 1,
        contentType: "application/json",
        responseTopic: "r",
        correlationData: btoa("id"),
        userProperties: [["k", "v"], ["k", "w"]],
      },
    },
    { topic: "a/2", payloadBase64: "/wA=", qos: 1, retain: false },
    { topic: "a/3", payload: "grün", qos: 0, retain: false },
    { topic: "a/4", payload: "new", qos: 0, retain: true },
  ]);
  await until("its end", () => broker.subscriptions === 0);
  const second = broker.record("second", { count: "5", retained: false });
  await until("the second recording", () => broker.subscriptions === 1);
  const replayed = broker.replay("first", { topicPrefix: "a/again/" });
  assert.equal(await replayed.code, 0);
  assert.match(replayed.err, /^dunlin: 5 messages replayed in [\d.]+ s\n$/);
  assert.equal(await second.code, 0);
  assert.deepEqual(
    broker.lines("second"),
    recorded.map((one) => ({ ...one, topic: `a/again/${one.topic}` })),
  );
  await broker.end();
});

/** A clock that notes how long is waited. */
class WatchedClock extends ManualClock {
  readonly waits: number[] = [];

  override after(ms: number, task: () => void): Cancel {
    this.waits.push(ms);
    return super.after(ms, task);
  }
}

/** A recording of messages at these seconds. */
async function recording(path: string, ...seconds: number[]): Promise<void> {
  const lines = seconds.map((second) =>
    JSON.stringify({
      time: new Date(second * 1000).toISOString(),
      ...{ topic: `a/${second}`, payload: "", qos: 1, retain: false },
    })
  );
  await Deno.writeTextFile(path, `${lines.join("\n")}\n`);
}

Deno.test("dunlin replay: messages are as far apart as they came, by the speed", async () => {
  const broker = await RecordedBroker.start();
  await recording(broker.path("in"), 0, 10, 11);
  const out = broker.record("out", { count: "3" });
  await until("the recording", () => broker.subscriptions === 1);
  const clock = new WatchedClock();
  const run = broker.replay("in", { speed: "2x" }, clock);
  const count = () => broker.text("out").split("\n").length - 1;
  await until("the first message", () => count() === 1);
  await until("the wait", () => clock.waits.includes(5000));
  clock.advance(4999);
  assert.equal(count(), 1);
  clock.advance(1);
  await until("the second message", () => count() === 2);
  await until("the wait", () => clock.waits.includes(500));
  clock.advance(500);
  assert.equal(await run.code, 0);
  assert.equal(await out.code, 0);
  assert.match(run.err, /3 messages replayed in 5\.5 s/);
  await broker.end();
});

Deno.test("dunlin record and replay: Ctrl-C ends both, with what was done until then", async () => {
  const broker = await RecordedBroker.start();
  await recording(broker.path("in"), 0, 1000);
  const out = broker.record("out");
  await until("the recording", () => broker.subscriptions === 1);
  const run = broker.replay("in", { speed: "1" });
  await until(
    "the first message",
    () => broker.text("out") !== "",
  );
  run.interrupt();
  assert.equal(await run.code, 0);
  assert.match(run.err, /1 message replayed/);
  out.interrupt();
  assert.equal(await out.code, 0);
  assert.equal(out.err, "dunlin: 1 message recorded\n");
  await broker.end();
});

Deno.test("dunlin record: the recording stays when the broker ends, and is not replaced unasked", async () => {
  const broker = await RecordedBroker.start();
  const run = broker.record("out");
  await until("the recording", () => broker.subscriptions === 1);
  await broker.publish(new Packets(5).publish({ topic: "a/1" }));
  await until(
    "the message",
    () => broker.text("out") !== "",
  );
  await broker.stop();
  assert.equal(await run.code, 1);
  assert.match(run.err, /1 message recorded\ndunlin: .*ServerShuttingDown/);
  assert.equal(broker.lines("out").length, 1);
  assert.equal((await Deno.stat(broker.path("out"))).mode! & 0o77, 0);
  const again = broker.record("out");
  assert.equal(await again.code, 1);
  assert.match(again.err, /out exists: give another name, or --force/);
  await broker.end();
});

Deno.test("dunlin replay: mistakes in the file and refusals of the broker are told", async () => {
  const broker = await RecordedBroker.start(
    '[[acl]]\ntopic = "b/#"\npermission = "deny"\n[[acl]]\ntopic = "#"',
  );
  await recording(broker.path("in"), 0, 1);
  const run = broker.replay("in", { topicPrefix: "b/" });
  assert.equal(await run.code, 1);
  assert.match(run.err, /2 messages replayed in .*, 2 of them refused/);
  const good = '{"time":"2026-01-01","topic":"a","payload":"","qos":0';
  for (
    const [line, reason] of [
      ["{", /in:1: not JSON/],
      ["1", /not an object/],
      ['{"topic":"a"}', /time must be/],
      ['{"time":"2026-01-01","topic":"a/#"}', /topic must be/],
      [`${good.replace("0", "3")}`, /not JSON/],
      [`${good},"retain":1}`, /retain must be/],
      [`${good},"retain":false,"properties":{"x":1}}`, /properties\.x is not/],
      [
        `${good},"retain":false,"properties":{"contentType":1}}`,
        /properties\.contentType must be a text/,
      ],
    ] as const
  ) {
    await Deno.writeTextFile(broker.path("in"), `${line}\n`);
    const { code, ...told } = broker.replay("in");
    const wrong = broker.replay("in");
    assert.equal(await code, 1, line);
    assert.equal(await wrong.code, 1);
    assert.match(wrong.err, reason, told.err);
  }
  for (
    const [speed, topicPrefix] of [["0x", "a/"], ["fast", "a/"], ["1", "#"]]
  ) {
    const wrong = broker.replay("in", { speed, topicPrefix });
    assert.equal(await wrong.code, 1);
    assert.match(wrong.err, /--(speed|topic-prefix)/);
  }
  await broker.end();
});

Deno.test("dunlin record: a broker of MQTT 3.1.1 alone is spoken to as such", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const versions: number[] = [];
  const served = (async () => {
    for await (const conn of listener) {
      const bytes = new Uint8Array(512);
      await conn.read(bytes);
      versions.push(bytes[8]);
      const isNew = bytes[8] === 5;
      await conn.write(new Uint8Array([0x20, 2, 0, isNew ? 1 : 0]));
      if (isNew) conn.close();
      else {
        await conn.read(bytes); // SUBSCRIBE
        await conn.write(new Uint8Array([0x90, 3, 0, 1, 0]));
        const packets = new Packets(4);
        await conn.write(packets.publish({ topic: "a/1", payload: "x" }));
        while (await conn.read(bytes) !== null);
        conn.close();
      }
    }
  })();
  const folder = await Deno.makeTempDir({ prefix: "dunlin-old-" });
  const { port } = listener.addr as Deno.NetAddr;
  const url = `mqtt://127.0.0.1:${port}`;
  const run = new CommandRun((output, onInterrupt) =>
    record(
      `${folder}/out`,
      [],
      { url, qos: "2", retained: true, count: "1" },
      output,
      new SystemClock(),
      onInterrupt,
    )
  );
  assert.equal(await run.code, 0, run.err);
  assert.deepEqual(versions, [5, 4]);
  assert.match(Deno.readTextFileSync(`${folder}/out`), /"topic":"a\/1"/);
  listener.close();
  await served;
  await Deno.remove(folder, { recursive: true });
});
