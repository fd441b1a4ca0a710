import assert from "node:assert/strict";
import { Broker } from "../../src/broker/mod.ts";
import { explain } from "../../src/cli/explain/explain.ts";
import { loadSettings } from "../../src/config/mod.ts";
import { memoryPair } from "../../src/transport/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";
import type { ConnectOptions } from "../support/packets.ts";
import { u16, u8 } from "../support/bytes.ts";
import { activity, settle } from "../support/settle.ts";
import { WireClient } from "../support/wire_client.ts";

const CONFIG = `
sys = { interval = 0 }
session = { backlog_messages = 2 }
[[listener]]
name = "main"
port = 0
allow_anonymous = true
[[listener]]
name = "north"
port = 0
mount_point = "north/"
[[acl]]
topic = "secret/#"
permission = "deny"
[[acl]]
topic = "#"
`;

/** A broker on a store, clients in its process, and who asks about them. */
class ExplainedBroker {
  readonly clock = new ManualClock();
  readonly #broker: Broker;
  readonly #settings;
  readonly #config: string;
  readonly folder: string;

  private constructor(
    broker: Broker,
    settings: Awaited<ReturnType<typeof loadSettings>>,
    folder: string,
    clock: ManualClock,
  ) {
    this.#broker = broker;
    this.#settings = settings;
    this.folder = folder;
    this.#config = `${folder}/d.toml`;
    this.clock = clock;
  }

  static async start(): Promise<ExplainedBroker> {
    const folder = await Deno.makeTempDir({ prefix: "dunlin-live-" });
    const text = `storage = { path = ${JSON.stringify(folder)} }\n${CONFIG}`;
    await Deno.writeTextFile(`${folder}/d.toml`, text);
    const settings = await loadSettings({ file: { name: "d.toml", text } });
    const clock = new ManualClock();
    const broker = new Broker(settings, { clock });
    await broker.start();
    return new ExplainedBroker(broker, settings, folder, clock);
  }

  async connect(options: ConnectOptions, listener = 0): Promise<WireClient> {
    const [mine, theirs] = memoryPair();
    const peer = { hostname: "127.0.0.1", port: 1 };
    this.#broker.serve(
      { stream: theirs, peer },
      this.#settings.listener[listener],
    );
    const client = new WireClient(mine, 5);
    await client.send(client.packets.connect(options));
    assert.equal((await client.receive()).code, 0);
    return client;
  }

  /** What is found about messages of `topic` for `client`, in its kinds. */
  async kinds(client: string, topic: string): Promise<string[]> {
    const { findings } = JSON.parse(await this.ask(client, topic, true));
    return findings.map(({ kind }: { kind: string }) => kind);
  }

  async ask(client: string, topic: string, json = false): Promise<string> {
    let [out, err] = ["", ""];
    const code = await explain(
      {
        ...{ client, topic, json, config: this.#config, live: true },
        ...{ qos: "0", address: "127.0.0.1", subscribe: true },
      },
      {},
      { out: (text) => out += text, err: (text) => err += text },
    );
    assert.deepEqual([code, err], [0, ""]);
    return out;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const stopped = this.#broker.stop(0);
    await settle();
    this.clock.advance(5000);
    activity.count++;
    await stopped;
    await Deno.remove(this.folder, { recursive: true });
  }
}

const lasting = (clientId: string): ConnectOptions => ({
  clientId,
  clean: false,
  properties: [u8(0x11), u16(0), u16(3600)],
});

function live(
  name: string,
  body: (broker: ExplainedBroker) => Promise<void>,
): void {
  Deno.test(`explain --live: ${name}`, async () => {
    await using broker = await ExplainedBroker.start();
    await body(broker);
  });
}

live("no reason is found against what is subscribed to", async (broker) => {
  const client = await broker.connect({ clientId: "c" });
  await client.subscribe(["a/#"]);
  assert.deepEqual(await broker.kinds("c", "a/b"), []);
  const text = await broker.ask("c", "a/b");
  assert.deepEqual(text.split("\n").slice(0, 3), [
    "c: connected",
    "  subscribed: a/# (QoS 0)",
    "  no reason found: such messages reach the client",
  ]);
  assert.match(text, /\nreceive a\/b, QoS 0: allowed\n {2}1\. .*d\.toml:\d+/);
});

live(
  "a client nobody knows, and a topic nobody subscribed to",
  async (broker) => {
    assert.deepEqual(await broker.kinds("c", "a"), ["no-session"]);
    const client = await broker.connect({ clientId: "c" });
    assert.deepEqual(await broker.kinds("c", "a"), ["no-match"]);
    await client.subscribe(["a/#", "b"]);
    assert.match(
      await broker.ask("c", "x"),
      /none of its 2 subscriptions matches: a\/# \(QoS 0\), b \(QoS 0\)/,
    );
  },
);

live("a rule keeps it away, and is named", async (broker) => {
  const client = await broker.connect({ clientId: "c" });
  await client.subscribe(["#"]);
  await client.send(client.packets.publish({ topic: "a" }));
  assert.deepEqual(await broker.kinds("c", "secret/a"), ["rule"]);
  assert.match(
    await broker.ask("c", "secret/a"),
    /rule: the client may not receive it: denied by .*d\.toml:13\n/,
  );
});

live("its own messages, and those of a group", async (broker) => {
  const client = await broker.connect({ clientId: "c" });
  await client.send(client.packets.subscribe(1, [["a", 4], ["$share/g/b", 0]]));
  await client.receive();
  assert.deepEqual(await broker.kinds("c", "a"), ["no-local"]);
  assert.deepEqual(await broker.kinds("c", "b"), ["shared"]);
});

live(
  "away: QoS 0 is gone, what is over too, the backlog is full",
  async (broker) => {
    const away = await broker.connect(lasting("c"));
    await away.send(away.packets.subscribe(1, [["a", 1]]));
    await away.drop();
    assert.deepEqual(await broker.kinds("c", "a"), ["away", "qos"]);
    const other = await broker.connect({ clientId: "p" });
    const expiry = { properties: [u8(2), u16(0), u16(1)] };
    await other.send(
      other.packets.publish({ topic: "a" }),
      other.packets.publish({ topic: "a", qos: 1, id: 1, ...expiry }),
      other.packets.publish({ topic: "a", qos: 1, id: 2 }),
      other.packets.publish({ topic: "a", qos: 1, id: 3 }),
    );
    assert.deepEqual(await broker.kinds("c", "a"), [
      "away",
      "qos",
      "backlog-full",
      "dropped",
      "dropped",
    ]);
    const text = await broker.ask("c", "a");
    assert.match(text, /dropped: 1 message dropped \(detached-qos0\)/);
    assert.match(text, /dropped: 1 message dropped \(backlog-messages\)/);
    broker.clock.advance(2000);
    await broker.connect(lasting("c"));
    assert.match(
      await broker.ask("c", "a"),
      /dropped: 1 message dropped \(expired\), the last 0 s ago: a\n/,
    );
  },
);

live("too large, and no acknowledgements", async (broker) => {
  const client = await broker.connect({
    clientId: "c",
    properties: [u8(0x27), u16(0), u16(50), u8(0x21), u16(1)],
  });
  await client.send(client.packets.subscribe(1, [["a", 1]]));
  const other = await broker.connect({ clientId: "p" });
  const payload = "x".repeat(100);
  await other.send(
    other.packets.publish({ topic: "a", payload }),
    other.packets.publish({ topic: "a", qos: 1, id: 1 }),
    other.packets.publish({ topic: "a", qos: 1, id: 2 }),
  );
  assert.deepEqual(await broker.kinds("c", "a"), [
    "window-full",
    "too-large",
    "dropped",
  ]);
  assert.match(await broker.ask("c", "a"), /dropped \(packet-too-large\)/);
});

live("behind a mount point topics are the client's own", async (broker) => {
  const client = await broker.connect({ clientId: "n" }, 1);
  await client.subscribe(["a"]);
  assert.deepEqual(await broker.kinds("n", "a"), []);
  assert.match(await broker.ask("n", "a"), /\nreceive north\/a, /);
  // Its wildcards do not match what it calls `$a` [MQTT-4.7.2-1].
  await client.subscribe(["#", "$b/+"]);
  assert.deepEqual(await broker.kinds("n", "$a"), ["no-match"]);
  assert.deepEqual(await broker.kinds("n", "$b/c"), []);
});

Deno.test("explain --live: the socket is its user's alone, and bad requests end nothing", async () => {
  await using broker = await ExplainedBroker.start();
  const path = `${broker.folder}/store.kv.control`;
  const { mode, isSocket } = await Deno.lstat(path);
  assert.deepEqual([isSocket, mode! & 0o777], [true, 0o600]);
  const say = async (text: string) => {
    const conn = await Deno.connect({ transport: "unix", path });
    const writer = conn.writable.getWriter();
    await writer.write(new TextEncoder().encode(text)).catch(() => {});
    return await new Response(conn.readable).text().catch(() => "reset");
  };
  for (
    const [request, error] of [
      ["{", "the request is not JSON"],
      ["null", "the request is not an object"],
      ['{"command":"stop"}', "there is no such command"],
      ['{"command":"explain","clientId":1}', "clientId and topic"],
    ]
  ) assert.match(await say(`${request}\n`), new RegExp(error));
  // Without an end of line nothing is answered, and nothing grows.
  assert.doesNotMatch(await say("x".repeat(100_000)), /ok/);
  assert.deepEqual(await broker.kinds("c", "a"), ["no-session"]);
});

Deno.test("explain --live: without a broker it says so, exit 1", async () => {
  const folder = await Deno.makeTempDir({ prefix: "dunlin-live-" });
  const run = async (...set: string[]) => {
    let err = "";
    const code = await explain(
      { client: "c", topic: "a", qos: "0", address: "::1", live: true, set },
      {},
      { out: () => {}, err: (text) => err += text },
    );
    return [code, err];
  };
  assert.deepEqual(await run(`storage.path="${folder}"`), [
    1,
    `${folder}/store.kv.control: no broker runs on this store; start it, ` +
    "or name the settings of the running broker with --config\n",
  ]);
  const [code, err] = await run("storage.mode=memory");
  assert.equal(code, 1);
  assert.match(
    String(err),
    /no broker in storage mode memory runs; one is found by its socket file/,
  );
  await Deno.remove(folder);
});
