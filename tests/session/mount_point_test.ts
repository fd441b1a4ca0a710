import assert from "node:assert/strict";
import { Broker } from "../../src/broker/mod.ts";
import { completeSettings } from "../../src/config/mod.ts";
import { memoryPair } from "../../src/transport/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";
import {
  type ConnectOptions,
  pubrel,
  type Version,
} from "../support/packets.ts";
import { propertiesOf, type ReadPacket } from "../support/read_packet.ts";
import { property, u16, u8 } from "../support/bytes.ts";
import { activity, settle } from "../support/settle.ts";
import { WireClient } from "../support/wire_client.ts";

const MOUNTS = { plain: "", north: "north/", south: "south/", deep: "a/b/" };
type Mount = keyof typeof MOUNTS;

/** A broker with a listener for each of `MOUNTS`. */
class MountedBroker {
  readonly clock = new ManualClock();
  readonly #broker: Broker;
  readonly #settings;

  constructor() {
    this.#settings = completeSettings({
      sys: { interval: 0 },
      storage: { mode: "memory" },
      listener: Object.entries(MOUNTS).map(([name, mount_point], port) => ({
        name,
        port: 2000 + port,
        mount_point,
      })),
    });
    this.#broker = new Broker(this.#settings, { clock: this.clock });
  }

  /** Connects by a listener; returns the CONNACK's session present, too. */
  async join(
    mount: Mount,
    version: Version,
    options: ConnectOptions,
  ): Promise<{ client: WireClient; present: boolean }> {
    const [mine, theirs] = memoryPair();
    const peer = { hostname: "127.0.0.1", port: 1 };
    const listener = this.#settings.listener.find(({ name }) => name === mount);
    this.#broker.serve({ stream: theirs, peer }, listener!);
    const client = new WireClient(mine, version);
    await client.send(client.packets.connect(options));
    const connack = await client.receive();
    assert.deepEqual([connack.type, connack.code], [2, 0]);
    return { client, present: (connack.bytes[2] & 1) === 1 };
  }

  /** The same for those who only want the client. */
  async connect(
    mount: Mount,
    version: Version,
    options: ConnectOptions | string,
  ): Promise<WireClient> {
    const named = typeof options === "string" ? { clientId: options } : options;
    return (await this.join(mount, version, named)).client;
  }

  async stop(): Promise<void> {
    const stopped = this.#broker.stop(0);
    await settle();
    this.clock.advance(5000);
    activity.count++;
    await stopped;
  }
}

function mounted(
  name: string,
  body: (broker: MountedBroker, version: 4 | 5) => Promise<void>,
): void {
  for (const version of [4, 5] as const) {
    Deno.test(`mount point: ${name} (${version === 4 ? "3.1.1" : "5.0"})`, async () => {
      const broker = new MountedBroker();
      try {
        await body(broker, version);
      } finally {
        await broker.stop();
      }
    });
  }
}

async function subscribe(client: WireClient, ...filters: string[]) {
  await client.send(client.packets.subscribe(
    1,
    filters.map((filter) => [filter, 2] as const),
  ));
  const suback = await client.receive();
  assert.equal(suback.type, 9);
}

/** Topics of all that has come. */
async function topics(client: WireClient): Promise<unknown[]> {
  const packets: ReadPacket[] = await client.receiveAll();
  return packets.filter(({ type }) => type === 3).map(({ topic }) => topic);
}

mounted(
  "each sees its own part under its own names, outside all is seen",
  async (broker, version) => {
    const outside = await broker.connect("plain", version, "p");
    const north = await broker.connect("north", version, "n");
    const south = await broker.connect("south", version, "s");
    for (const client of [outside, north, south]) await subscribe(client, "#");
    await north.send(north.packets.publish({ topic: "x/y" }));
    await south.send(south.packets.publish({ topic: "x/y", qos: 1 }));
    await outside.send(
      outside.packets.publish({ topic: "north/z" }),
      outside.packets.publish({ topic: "north" }),
      outside.packets.publish({ topic: "northern/z" }),
    );
    assert.deepEqual(await topics(outside), [
      "north/x/y",
      "south/x/y",
      "north/z",
      "north",
      "northern/z",
    ]);
    assert.deepEqual(await topics(north), ["x/y", "z"]);
    assert.deepEqual(await topics(south), ["x/y"]);
  },
);

mounted(
  "one publication reaches each receiver by its own name at any QoS",
  async (broker, version) => {
    const north = await broker.connect("north", version, "n");
    const other = await broker.connect("north", version, "o");
    const outside = await broker.connect("plain", version, "p");
    await subscribe(north, "t");
    await subscribe(other, "t");
    await subscribe(outside, "north/t");
    for (const qos of [0, 1, 2] as const) {
      for (const from of [outside, north]) {
        const topic = from === outside ? "north/t" : "t";
        await from.send(from.packets.publish({ topic, qos, id: 9 + qos }));
        assert.deepEqual(await topics(north), ["t"], `QoS ${qos}`);
        assert.deepEqual(await topics(other), ["t"], `QoS ${qos}`);
        assert.deepEqual(await topics(outside), ["north/t"], `QoS ${qos}`);
      }
    }
  },
);

mounted(
  "what is retained is found under both names, and is taken back",
  async (broker, version) => {
    const north = await broker.connect("north", version, "n");
    await north.send(
      north.packets.publish({ topic: "r/1", payload: "x", retain: true }),
    );
    const outside = await broker.connect("plain", version, "p");
    await subscribe(outside, "north/#");
    assert.deepEqual(await topics(outside), ["north/r/1"]);
    const late = await broker.connect("north", version, "l");
    await subscribe(late, "#");
    assert.deepEqual(await topics(late), ["r/1"]);
    const south = await broker.connect("south", version, "s");
    await subscribe(south, "#", "r/1");
    assert.deepEqual(await topics(south), []);
    await north.send(north.packets.publish({ topic: "r/1", retain: true }));
    const none = await broker.connect("north", version, "e");
    await subscribe(none, "#");
    assert.deepEqual(await topics(none), []);
  },
);

mounted(
  "a shared subscription shares what lies behind it",
  async (broker, version) => {
    const north = await broker.connect("north", version, "n");
    await subscribe(north, "$share/g/s/+");
    const south = await broker.connect("south", version, "s");
    await subscribe(south, "$share/g/s/+");
    const outside = await broker.connect("plain", version, "p");
    for (const topic of ["north/s/1", "north/s/2", "s/3"]) {
      await outside.send(outside.packets.publish({ topic }));
    }
    assert.deepEqual(await topics(north), ["s/1", "s/2"]);
    assert.deepEqual(await topics(south), []);
    await north.send(north.packets.unsubscribe(2, ["$share/g/s/+"]));
    assert.equal((await north.receive()).type, 11);
    await outside.send(outside.packets.publish({ topic: "north/s/1" }));
    assert.deepEqual(await topics(north), []);
  },
);

mounted(
  "unsubscribing ends what was subscribed by the same name",
  async (broker, version) => {
    const north = await broker.connect("north", version, "n");
    await subscribe(north, "a", "b");
    await north.send(north.packets.unsubscribe(2, ["a", "north/b"]));
    const unsuback = await north.receive();
    if (version === 5) {
      assert.deepEqual([...unsuback.bytes.slice(5)], [
        0,
        0x11,
      ]);
    }
    await north.send(
      north.packets.publish({ topic: "a" }),
      north.packets.publish({ topic: "b" }),
    );
    assert.deepEqual(await topics(north), ["b"]);
  },
);

mounted(
  "a will goes where its client would have published",
  async (broker, version) => {
    const outside = await broker.connect("plain", version, "p");
    await subscribe(outside, "#");
    const north = await broker.connect("north", version, {
      clientId: "n",
      will: { topic: "gone", payload: "x", qos: 1, retain: true },
    });
    await north.drop();
    assert.deepEqual(await topics(outside), ["north/gone"]);
    const late = await broker.connect("north", version, "l");
    await subscribe(late, "gone");
    assert.deepEqual(await topics(late), ["gone"]);
  },
);

mounted(
  "$SYS and other topics of the broker are neither seen nor made",
  async (broker, version) => {
    const north = await broker.connect("north", version, "n");
    await subscribe(north, "#", "+/x", "$SYS/#");
    await north.send(north.packets.publish({ topic: "$SYS/x", qos: 1, id: 3 }));
    const puback = await north.receive();
    assert.equal(puback.type, 4);
    if (version === 5) assert.equal(puback.bytes[4], 0x87);
    assert.deepEqual(await topics(north), []);
  },
);

mounted(
  "topics with $ come by filters that name it, not by wildcards in its place",
  async (broker, version) => {
    const outside = await broker.connect("plain", version, "p");
    await subscribe(outside, "north/#");
    const wild = await broker.connect("north", version, "w");
    await subscribe(wild, "#", "+/b", "+/#", "$share/g/#");
    const named = await broker.connect("north", version, "n");
    await subscribe(named, "$a/#");
    const both = await broker.connect("north", version, "b");
    await subscribe(both, "#", "$a/+");
    const all = await broker.connect("north", version, "a");
    await subscribe(all, "$share/h/$a/b");
    const will = { topic: "$a/b", payload: "w" };
    const sender = await broker.connect("north", version, {
      clientId: "s",
      will,
    });
    await sender.send(sender.packets.publish({ topic: "$a/b", qos: 1 }));
    await outside.send(
      outside.packets.publish({ topic: "north/$a/b", retain: true }),
    );
    await sender.drop();
    const three = ["$a/b", "$a/b", "$a/b"];
    assert.deepEqual(await topics(wild), []);
    for (const client of [named, both, all]) {
      assert.deepEqual(await topics(client), three);
    }
    assert.deepEqual(
      await topics(outside),
      three.map((topic) => `north/${topic}`),
    );
  },
);

mounted(
  "what is retained under a topic with $ comes by its name alone",
  async (broker, version) => {
    const sender = await broker.connect("north", version, "s");
    await sender.send(
      sender.packets.publish({ topic: "$a/b", payload: "x", retain: true }),
      sender.packets.publish({ topic: "a/b", payload: "x", retain: true }),
    );
    const expected: readonly [string, string[]][] = [
      ["#", ["a/b"]],
      ["+/b", ["a/b"]],
      ["$a/+", ["$a/b"]],
      ["$a/b", ["$a/b"]],
    ];
    for (const [filter, seen] of expected) {
      const client = await broker.connect("north", version, "c");
      await subscribe(client, filter);
      assert.deepEqual(await topics(client), seen, filter);
    }
    const outside = await broker.connect("plain", version, "p");
    await subscribe(outside, "north/+/b");
    assert.deepEqual((await topics(outside)).sort(), [
      "north/$a/b",
      "north/a/b",
    ]);
  },
);

mounted(
  "a group of both sides gives a topic with $ to the member that it matches for",
  async (broker, version) => {
    const inside = await broker.connect("north", version, "i");
    await subscribe(inside, "$share/g/#");
    const outside = await broker.connect("plain", version, "p");
    await subscribe(outside, "$share/g/north/#");
    const sender = await broker.connect("north", version, "s");
    for (let n = 0; n < 4; n++) {
      await sender.send(sender.packets.publish({ topic: "$a" }));
    }
    assert.deepEqual(await topics(inside), []);
    assert.equal((await topics(outside)).length, 4);
  },
);

mounted(
  "a bridge's state lies behind it, where no # shows it",
  async (broker, version) => {
    const state = "$SYS/broker/connection/n/state";
    const outside = await broker.connect("plain", version, "p");
    await subscribe(outside, "north/#");
    const inside = await broker.connect("north", version, "i");
    await subscribe(inside, "#", "+/broker/#");
    const bridge = await broker.connect("north", version, {
      clientId: "n",
      level: version | 0x80,
      will: { topic: state, payload: "0", retain: true },
    });
    await bridge.publish({ topic: state, payload: "1", retain: true });
    await bridge.drop();
    assert.deepEqual(await topics(outside), [
      `north/${state}`,
      `north/${state}`,
    ]);
    assert.deepEqual(await topics(inside), []);
    const late = await broker.connect("north", version, "l");
    await subscribe(late, "#");
    assert.deepEqual(await topics(late), []);
    await subscribe(late, "$SYS/broker/connection/+/state");
    assert.deepEqual(await topics(late), [state]);
  },
);

/** Connects so that the session outlasts the connection. */
function lasting(version: Version, clientId = "c"): ConnectOptions {
  return {
    clientId,
    clean: false,
    properties: version === 5 ? [u8(0x11), u16(0), u16(3600)] : [],
  };
}

mounted(
  "a session is found again behind the same mount point",
  async (broker, version) => {
    const first = await broker.connect("north", version, lasting(version));
    await subscribe(first, "q/#");
    await first.drop();
    const outside = await broker.connect("plain", version, "p");
    await outside.send(outside.packets.publish({ topic: "north/q/1", qos: 1 }));
    const again = await broker.join("north", version, lasting(version));
    assert.equal(again.present, true);
    assert.deepEqual(await topics(again.client), ["q/1"]);
  },
);

mounted(
  "who comes by another listener does not get what was for the first",
  async (broker, version) => {
    const first = await broker.connect("north", version, lasting(version));
    await subscribe(first, "q/#");
    await first.drop();
    const outside = await broker.connect("plain", version, "p");
    await outside.send(outside.packets.publish({ topic: "north/q/1", qos: 1 }));
    const other = await broker.join("south", version, lasting(version));
    assert.equal(other.present, false);
    assert.deepEqual(await topics(other.client), []);
    await outside.send(outside.packets.publish({ topic: "north/q/2", qos: 1 }));
    assert.deepEqual(await topics(other.client), []);
  },
);

mounted(
  "who takes a session over by another listener begins anew",
  async (broker, version) => {
    const first = await broker.connect("plain", version, lasting(version));
    await subscribe(first, "q/#");
    const other = await broker.join("north", version, lasting(version));
    assert.equal(other.present, false);
    const third = await broker.connect("plain", version, "p");
    await third.send(third.packets.publish({ topic: "q/1", qos: 1 }));
    assert.deepEqual(await topics(other.client), []);
  },
);

mounted(
  "what waited under another name is not given out",
  async (broker, version) => {
    const first = await broker.connect("plain", version, lasting(version));
    await subscribe(first, "q");
    const sender = await broker.connect("plain", version, "p");
    // Not acknowledged: it stays in flight although nothing is subscribed to.
    await sender.send(sender.packets.publish({ topic: "q", qos: 1 }));
    await first.send(first.packets.unsubscribe(3, ["q"]));
    await first.drop();
    const other = await broker.join("north", version, lasting(version));
    assert.equal(other.present, true);
    assert.deepEqual(await topics(other.client), []);
  },
);

mounted("several levels can stand before it", async (broker, version) => {
  const outside = await broker.connect("plain", version, "p");
  await subscribe(outside, "a/#");
  const deep = await broker.connect("deep", version, "d");
  await subscribe(deep, "+", "b");
  await deep.send(deep.packets.publish({ topic: "b" }));
  assert.deepEqual(await topics(outside), ["a/b/b"]);
  // Two subscriptions that overlap: 3.1.1 and 5.0 leave the number to us.
  assert.deepEqual([...new Set(await topics(deep))], ["b"]);
});

mounted(
  "a topic that would be too long with it is refused",
  async (broker, version) => {
    const north = await broker.connect("north", version, "n");
    await north.send(
      north.packets.publish({ topic: "x".repeat(65_530), qos: 1 }),
    );
    if (version === 5) await north.expectDisconnect(0x90);
    await north.expectClosed();
  },
);

mounted(
  "a topic without a name does not become the mount point's",
  async (broker, version) => {
    const outside = await broker.connect("plain", version, "p");
    await subscribe(outside, "#");
    const north = await broker.connect("north", version, "n");
    await north.send(north.packets.publish({ topic: "" }));
    await settle();
    assert.ok(north.closed);
    assert.deepEqual(await topics(outside), []);
  },
);

Deno.test("mount point: aliases stand for names without it, both ways (5.0)", async () => {
  const broker = new MountedBroker();
  const alias = (n: number) => [u8(0x23), u16(n)];
  const receiver = await broker.connect("north", 5, {
    clientId: "r",
    properties: [u8(0x22), u16(4)],
  });
  await subscribe(receiver, "#");
  const sender = await broker.connect("north", 5, "s");
  await sender.send(
    sender.packets.publish({ topic: "a/b", properties: alias(1) }),
    sender.packets.publish({ topic: "", properties: alias(1) }),
  );
  assert.deepEqual(await topics(receiver), ["a/b", ""]);
  await broker.stop();
});

Deno.test("mount point: of filters that overlap only those that match a topic with $ are named (5.0)", async () => {
  const broker = new MountedBroker();
  const client = await broker.connect("north", 5, "c");
  const filters = ["#", "$a/#", "+/b", "$a/b"];
  for (const [at, filter] of filters.entries()) {
    await client.subscribe([[filter, at === 0 ? 2 : 1]], [
      property.subscriptionIdentifier(at + 1),
    ]);
  }
  const sender = await broker.connect("plain", 5, "s");
  for (const topic of ["north/$a/b", "north/$a/b", "north/$a/c"]) {
    await sender.send(sender.packets.publish({ topic, qos: 2, id: 1 }));
    await sender.send(pubrel(1));
  }
  const seen = (await client.receiveAll()).map((one) => [
    one.topic,
    one.qos,
    propertiesOf(one, 0x0b),
  ]);
  assert.deepEqual(seen, [
    ["$a/b", 1, [2, 4]],
    ["$a/b", 1, [2, 4]],
    ["$a/c", 1, [2]],
  ]);
  await broker.stop();
});

mounted(
  "a topic that is the mount point itself, which has no name behind it, reaches no client there",
  async (broker, version) => {
    const north = await broker.connect("north", version, "n");
    const outside = await broker.connect("plain", version, "p");
    for (const client of [north, outside]) await subscribe(client, "#");
    await outside.send(outside.packets.publish({ topic: "north/" }));
    assert.deepEqual(await topics(outside), ["north/"]);
    assert.deepEqual(await topics(north), []);
  },
);
