import assert from "node:assert/strict";
import type { Authenticator, Authorizer } from "../../src/security/mod.ts";
import { Router } from "../../src/router/mod.ts";
import { Session } from "../../src/session/mod.ts";
import { OutgoingQueue } from "../../src/session/session/outgoing_queue.ts";
import { Registry } from "../../src/session/session/registry.ts";
import { Sender } from "../../src/session/output/sender.ts";
import type { ByteStream } from "../../src/transport/mod.ts";
import { memoryPair } from "../../src/transport/mod.ts";
import { property } from "../support/bytes.ts";
import { staying } from "../support/packets.ts";
import { propertyOf } from "../support/read_packet.ts";
import { settle } from "../support/settle.ts";
import {
  conformance,
  eachVersion,
  TestBroker,
  type TestBrokerOptions,
} from "../support/test_broker.ts";
import { WireClient } from "../support/wire_client.ts";
import { Injected, injecting } from "./injected.ts";
import { stored } from "./stored_broker.ts";

// A whole broker in which one client's work throws: that client's connection
// ends, and all others' work goes on.

const SYS = { sys: { interval: 1000 } };

/** The errors that the broker logged are these injected ones, and no others. */
function expectInjected(broker: TestBroker, count: number): void {
  const failures = broker.failures.splice(0) as [string, unknown, string][];
  assert.equal(failures.length, count, JSON.stringify(failures));
  for (const [, error, result] of failures) {
    assert.ok(error instanceof Injected, String(error));
    assert.ok(result.length > 10);
  }
}

/** Retains `count` messages on topics of their own. */
async function retain(broker: TestBroker, count: number): Promise<void> {
  const writer = await broker.connect(5, "retainer");
  await writer.send(
    ...Array.from({ length: count }, (_, at) =>
      writer.packets.publish({
        ...{ topic: `retained/${at}`, payload: "x", retain: true },
      })),
  );
  await writer.disconnect();
}

/** Rules that `rules` can change: all is allowed but what these deny or throw. */
class Rules implements Authorizer {
  generation = 1;
  maySubscribe: Authorizer["maySubscribe"] = (_, _filter, qos) => qos;
  rights: Authorizer["rights"] = () => ALL;
  ask = () => true;
  reason = () => "";
  explain(): never {
    throw new Error("not asked here");
  }
}
const ALL = 2 ** 18 - 1;

Deno.test("a filter of 65,490 bytes that a reload takes away ends its client, and no other's work", async () => {
  const rules = new Rules();
  const limits = { max_topic_length: 65535 };
  const broker = new TestBroker({ authorizer: rules, limits });
  await retain(broker, 1000);
  const long = await broker.connect(5, "long");
  await long.subscribe(["f".repeat(65_490)]);
  const other = await broker.connect(5, "other");
  await other.subscribe(["a", "b"]);
  rules.maySubscribe = (_, filter, qos) =>
    filter === "a" || filter.startsWith("f") ? -1 : qos;
  rules.generation++;
  await broker.reload({ limits });
  const goodbye = await long.receive();
  assert.deepEqual([goodbye.type, goodbye.code], [14, 0x87]);
  // "no subscription of this client is allowed any more: " and the filter.
  assert.equal(String(propertyOf(goodbye, 0x1f)).length, 65_535);
  await long.expectClosed();
  const late = await broker.connect(5, "late");
  await late.subscribe(["retained/#"]);
  assert.equal((await late.receiveAll()).length, 1000);
  await late.publish({ topic: "a" });
  await late.publish({ topic: "b" });
  assert.equal((await other.receivePublish()).topic, "b");
  await broker.stop();
});

Deno.test("rules that throw for one session are enforced on all others", async () => {
  const rules = new Rules();
  const broker = new TestBroker({ authorizer: rules });
  const clients = new Map<string, WireClient>();
  for (const name of ["a", "bad", "z"]) {
    const client = await broker.connect(5, name);
    await client.subscribe(["t", "u"]);
    clients.set(name, client);
  }
  rules.maySubscribe = ({ clientId }, filter, qos) => {
    if (clientId === "bad") throw new Injected();
    return filter === "t" ? -1 : qos;
  };
  rules.generation++;
  await broker.reload({});
  expectInjected(broker, 1);
  const writer = await broker.connect(5, "writer");
  await writer.publish({ topic: "t" });
  await writer.publish({ topic: "u" });
  for (const name of ["a", "z"]) {
    assert.equal((await clients.get(name)!.receivePublish()).topic, "u");
    await clients.get(name)!.expectNothing();
  }
  await broker.stop();
});

Deno.test("rights that throw for one member deny it the message, and give it to another", async () => {
  const rules = new Rules();
  const broker = new TestBroker({ authorizer: rules, ...SYS });
  const bad = await broker.connect(5, "bad");
  const good = await broker.connect(5, "good");
  for (const client of [bad, good]) {
    await client.subscribe([["t", 1], ["$share/g/s", 1]]);
  }
  rules.rights = ({ clientId }) => {
    if (clientId === "bad") throw new Injected();
    return ALL;
  };
  rules.generation++;
  const writer = await broker.connect(5, "writer");
  for (const id of [1, 2, 3]) {
    await writer.publish({ topic: id === 1 ? "t" : "s", qos: 1, id });
    await writer.expectAck(4, id, 0);
  }
  assert.equal((await good.receiveAll()).length, 3);
  await bad.expectNothing();
  expectInjected(broker, 1);
  await broker.stop();
});

Deno.test("an authenticator that throws about one client at a reload ends that one, and judges all others", async () => {
  const gone = new Set(["z"]);
  let isReloaded = false;
  const authenticator: Authenticator = {
    authenticate: ({ clientId, username }) => ({
      kind: "allow",
      identity: { clientId, username },
    }),
    begin: () => null,
    stillAllows: ({ clientId }) => {
      if (isReloaded && clientId === "bad") throw new Injected();
      return !isReloaded || !gone.has(clientId);
    },
  };
  const broker = new TestBroker({ authenticator });
  const [a, bad, z] = [
    await broker.connect(5, "a"),
    await broker.connect(5, "bad"),
    await broker.connect(5, "z"),
  ];
  isReloaded = true;
  await broker.reload({});
  await bad.expectDisconnect(0x80);
  await z.expectDisconnect(0x87);
  await a.expectAlive();
  expectInjected(broker, 1);
  await broker.stop();
});

eachVersion(
  "a delivery that throws ends its receiver; the publisher and the others go on",
  async (broker, version) => {
    const options = { ...staying(version, "bad") };
    const bad = await broker.connect(version, options);
    const good = await broker.connect(version, "good");
    for (const client of [bad, good]) await client.subscribe([["t", 1]]);
    const writer = await broker.connect(version, "writer");
    await injecting(
      OutgoingQueue.prototype,
      "post",
      (_, _message, _qos, _retain, { subscriber }) =>
        subscriber.clientId === "bad",
      async () => {
        for (const id of [1, 2]) {
          await writer.publish({ topic: "t", qos: 1, id });
          await writer.expectAck(4, id, 0);
          assert.equal((await good.receivePublish()).topic, "t");
        }
      },
    );
    await bad.expectDisconnect(0x80);
    expectInjected(broker, 1);
    // Its session is there, and its next connection is served.
    const { client, connack } = await broker.join(version, options);
    assert.equal(connack.sessionPresent, true);
    await writer.publish({ topic: "t", qos: 1, id: 3 });
    assert.equal((await client.receivePublish()).topic, "t");
  },
);

eachVersion(
  "a retained message that throws ends its receiver; the feeds of others go on",
  async (broker, version) => {
    await retain(broker, 1000);
    const bad = await broker.connect(version, staying(version, "bad"));
    const good = await broker.connect(version, "good");
    let came = 0;
    await injecting(
      OutgoingQueue.prototype,
      "post",
      (_, _message, _qos, _retain, { subscriber }) =>
        subscriber.clientId === "bad" && ++came > 400,
      async () => {
        bad.post(bad.packets.subscribe(1, ["retained/#"]));
        good.post(good.packets.subscribe(1, ["retained/#"]));
        await settle();
      },
    );
    assert.equal((await good.receiveAll()).length, 1001);
    assert.equal((await bad.receiveAll()).at(0)!.type, 9);
    assert.equal(bad.closed, true);
    expectInjected(broker, 1);
    const again = await broker.connect(version, staying(version, "bad"));
    await again.subscribe(["retained/+"]);
    assert.equal((await again.receiveAll()).length, 1000);
  },
);

eachVersion(
  "a reload that widens the window of all gives it to those behind one that throws",
  async (broker, version) => {
    const readers = [];
    for (const name of ["a", "bad", "z"]) {
      const reader = await broker.connect(version, name);
      await reader.subscribe([["t", 1]]);
      readers.push(reader);
    }
    const writer = await broker.connect(version, "writer");
    for (const id of [1, 2]) {
      await writer.publish({ topic: "t", qos: 1, id });
    }
    for (const reader of readers) await reader.receivePublish();
    let sent = 0;
    await injecting(
      Sender.prototype,
      "sendNumbered",
      () => ++sent === 2,
      async () => {
        await broker.reload({ limits: { max_inflight: 2 } });
      },
    );
    expectInjected(broker, 1);
    await readers[0].receivePublish();
    await readers[1].expectDisconnect(0x80);
    await readers[2].receivePublish();
  },
  { limits: { max_inflight: 1 } },
);

conformance(
  "a will that throws is left out; the session expires, and those of others go out",
  async (broker) => {
    const watcher = await broker.connect(5, "watcher");
    await watcher.subscribe(["will/#"]);
    const clients = [];
    for (const name of ["a", "bad", "z"]) {
      clients.push(
        await broker.connect(5, {
          clientId: name,
          will: { topic: `will/${name}`, payload: "" },
          keepAlive: 10,
          properties: [property.sessionExpiry(10)],
        }),
      );
    }
    await injecting(
      Router.prototype,
      "publish",
      (_, topic) => topic.text === "will/bad",
      // The keep alive of all three is over in the same tick.
      () => broker.advance(16_000),
    );
    for (const client of clients) await client.expectDisconnect(0x8d);
    const topics = (await watcher.receiveAll()).map((one) => one.topic);
    assert.deepEqual(topics, ["will/a", "will/z"]);
    expectInjected(broker, 1);
    await broker.advance(11_000);
    const { connack } = await broker.join(5, { clientId: "bad", clean: false });
    assert.equal(connack.sessionPresent, false);
  },
);

conformance(
  "a session whose expiry throws keeps no other from its expiry or its keep alive",
  async (broker) => {
    const expiring = { properties: [property.sessionExpiry(10)] };
    for (const clientId of ["a", "bad", "z"]) {
      const client = await broker.connect(5, { clientId, ...expiring });
      await client.drop();
    }
    const silent = await broker.connect(5, { clientId: "s", keepAlive: 20 });
    await injecting(
      Registry.prototype,
      "remove",
      (_, session) => session.clientId === "bad",
      () => broker.advance(11_000),
    );
    expectInjected(broker, 1);
    for (const clientId of ["a", "z"]) {
      const { connack } = await broker.join(5, { clientId, clean: false });
      assert.equal(connack.sessionPresent, false);
    }
    await broker.advance(20_000);
    await silent.expectDisconnect(0x8d);
  },
);

for (
  const [step, prototype, name] of [
    ["the session's detachment", Session.prototype, "detach"],
    ["the farewell", Sender.prototype, "sendDisconnect"],
  ] as const
) {
  conformance(
    `a connection ends although ${step} throws, and another takes its place`,
    async (broker) => {
      const before = await broker.connect(5, staying(5, "c"));
      await injecting(prototype, name, () => true, async () => {
        before.post(before.packets.publish({ topic: "bad/#" }));
        await settle();
      });
      await before.receiveAll();
      assert.equal(before.closed, true);
      expectInjected(broker, 1);
      const after = await broker.connect(5, staying(5, "c"));
      await after.subscribe(["t"]);
      await after.publish({ topic: "t" });
      assert.equal((await after.receivePublish()).topic, "t");
    },
    { limits: { max_connections: 1 } },
  );
}

/** A stream whose end throws, as a second `close` of the runtime's does. */
function unclosable(stream: ByteStream): ByteStream {
  return {
    read: (into) => stream.read(into),
    write: (bytes) => stream.write(bytes),
    close: () => {
      stream.close();
      throw new Injected();
    },
  };
}

conformance(
  "a stream whose close throws makes room for another",
  async (broker) => {
    for (let round = 1; round <= 3; round++) {
      const [mine, theirs] = memoryPair();
      broker.serve(unclosable(theirs));
      const client = new WireClient(mine, 5);
      await client.send(client.packets.connect({}));
      await client.expectAck(2, 0, 0);
      await client.disconnect();
      expectInjected(broker, round === 1 ? 1 : 0);
    }
  },
  { limits: { max_connections: 1 } },
);

conformance(
  "a refusal that throws ends its connection, also one that comes later",
  async (broker) => {
    for (const username of ["now", "later"]) {
      const client = broker.open(5);
      await injecting(Sender.prototype, "send", () => true, async () => {
        await client.send(client.packets.connect({ username }));
      });
      await client.expectClosed();
    }
    expectInjected(broker, 1);
  },
  {
    limits: { max_connections: 1 },
    authenticator: {
      authenticate: ({ username }) => {
        const denied = { kind: "deny", reasonCode: 0x87 } as const;
        return username === "now" ? denied : Promise.resolve(denied);
      },
      begin: () => null,
    },
  },
);

conformance(
  "a CONNECT that throws on its way in leaves a session that expires, and no client",
  async (broker) => {
    let isFirst = true;
    await injecting(
      Session.prototype,
      "changed",
      () => isFirst && !(isFirst = false),
      async () => {
        const client = broker.open(5);
        await client.send(client.packets.connect(staying(5)));
        await client.expectClosed();
      },
    );
    expectInjected(broker, 1);
    await broker.advance(1_001_000);
    const watcher = await broker.connect(5, "watcher");
    await watcher.subscribe(["$SYS/broker/clients/+"]);
    await broker.advance(1000);
    const figures = new Map<string, string>();
    for (const { topic, payload } of await watcher.receiveAll()) {
      figures.set(topic.slice("$SYS/broker/clients/".length), payload);
    }
    assert.deepEqual(
      ["connected", "total", "expired"].map((name) => figures.get(name)),
      ["1", "1", "1"],
    );
  },
  SYS,
);

Deno.test("a stop goes on where one session's stop throws", async () => {
  const broker = new TestBroker();
  const watcher = await broker.connect(5, "watcher");
  await watcher.subscribe(["will/#"]);
  for (const name of ["a", "bad", "z"]) {
    await broker.connect(5, {
      clientId: name,
      will: { topic: `will/${name}`, payload: "" },
    });
  }
  await injecting(
    Session.prototype,
    "brokerStops",
    (session) => session.clientId === "bad",
    async () => {
      await broker.broker.stop(0);
    },
  );
  expectInjected(broker, 1);
  const packets = await watcher.receiveAll();
  assert.deepEqual(
    packets.map(({ type, topic }) => type === 3 ? topic : type),
    ["will/a", "will/z", 14],
  );
});

/** Calls of `name` in `ms`, the first of which throws. */
async function calls(
  options: TestBrokerOptions,
  prototype: object,
  name: string,
  ms: number,
): Promise<number> {
  const broker = new TestBroker(options);
  let count = 0;
  await injecting(prototype, name, () => ++count === 1, async () => {
    for (let at = 0; at < 5; at++) await broker.advance(ms);
  });
  expectInjected(broker, 1);
  await broker.stop();
  return count;
}

stored(
  "a look at the store that throws is not the last one",
  "durable",
  async (broker) => {
    let isFirst = true;
    let { health } = broker.store;
    Object.defineProperty(broker.store, "health", {
      get: () => {
        if (!isFirst) return health;
        isFirst = false;
        throw new Injected();
      },
      set: (next) => health = next,
    });
    broker.store.onHealth(false);
    await broker.advance(250);
    assert.equal(broker.failures.splice(0).length, 1);
    // Nothing tells of it again: the broker looks by itself.
    health = "full";
    await broker.advance(250);
    assert.equal(broker.alarms.length, 1);
  },
);

Deno.test("housekeeping that throws goes on in its next round", async () => {
  assert.equal(await calls({}, Router.prototype, "sweep", 10_000), 6);
});

conformance(
  "errors are counted under $SYS, whose report goes on after one that throws",
  async (broker) => {
    const watcher = await broker.connect(5, "watcher");
    await watcher.subscribe(["$SYS/broker/internal errors/count"]);
    assert.equal((await watcher.receivePublish()).payload, "0");
    let isFirst = true;
    await injecting(
      Router.prototype,
      "publish",
      (_, { text }) =>
        text.startsWith("$SYS/broker/bytes") && isFirst && !(isFirst = false),
      async () => {
        await watcher.publish({ topic: "t" });
        await broker.advance(1000);
        await broker.advance(1000);
      },
    );
    assert.equal((await watcher.receivePublish()).payload, "1");
    expectInjected(broker, 1);
  },
  SYS,
);
