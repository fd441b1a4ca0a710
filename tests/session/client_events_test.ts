import assert from "node:assert/strict";
import {
  CLOSE_REASONS,
  type ConnectionEnd,
  type Context,
  type LoggedConnection,
} from "../../src/session/mod.ts";
import {
  ClientEvents,
  clientLevel,
} from "../../src/broker/status/client_events.ts";
import { testRules } from "../support/rules.ts";
import { conformance, type TestBroker } from "../support/test_broker.ts";
import type { WireClient } from "../support/wire_client.ts";

const ON = { sys: { interval: 0, client_events: true } };
const BASE = "$SYS/broker/clients/";

/** Subscribes a client that hears of all others. */
async function observer(broker: TestBroker, id = "observer") {
  // Such a broker is not started: a reload loads the events.
  await broker.broker.reload(broker.broker.settings);
  const client = await broker.connect(5, id);
  await client.receiveAll();
  await client.subscribe([[`${BASE}+/connected`, 1], [
    `${BASE}+/disconnected`,
    1,
  ]]);
  return client;
}

interface Heard {
  readonly topic: string;
  readonly retain: boolean;
  readonly qos: number;
  // deno-lint-ignore no-explicit-any
  readonly json: any;
}

/** The events that have come, in order. */
async function heard(broker: TestBroker, client: WireClient): Promise<Heard[]> {
  await broker.advance(0);
  const packets = await client.receiveAll();
  return packets.filter((one) => one.type === 3).map((one) => ({
    topic: String(one.topic),
    retain: Boolean(one.retain),
    qos: Number(one.qos),
    json: JSON.parse(String(one.payload)),
  }));
}

conformance(
  "client events: connected and disconnected have who, from where, when and why, and are not retained",
  async (broker) => {
    const watcher = await observer(broker);
    const client = await broker.connect(5, { clientId: "pump", keepAlive: 60 });
    await client.disconnect();
    const [came, went, ...others] = await heard(broker, watcher);
    assert.deepEqual(others, []);
    assert.equal(came.topic, `${BASE}pump/connected`);
    assert.equal(went.topic, `${BASE}pump/disconnected`);
    assert.deepEqual([came.qos, came.retain], [1, false]);
    const time = new Date(broker.clock.date()).toISOString();
    const both = {
      ...{ client: "pump", user: null, address: came.json.address },
      ...{ listener: "test", connection: 2, time },
    };
    assert.match(came.json.address, /^127\.0\.0\.1:\d+$/);
    assert.deepEqual(came.json, {
      ...{ event: "connected", ...both },
      ...{ version: 5, keepAlive: 60, session: "new" },
    });
    assert.deepEqual(went.json, {
      ...{ event: "disconnected", ...both },
      ...{ reason: "client-disconnect", reasonCode: null },
    });
    const late = await observer(broker, "late");
    assert.deepEqual(await heard(broker, late), []);
  },
  ON,
);

conformance(
  "client events: at a takeover the old connection ends before the new one begins",
  async (broker) => {
    const watcher = await observer(broker);
    await broker.connect(5, "c");
    await broker.connect(5, "c");
    const events = (await heard(broker, watcher)).map(({ json }) => [
      ...[json.event, json.connection, json.reason],
    ]);
    assert.deepEqual(events, [
      ["connected", 2, undefined],
      ["disconnected", 2, "taken-over"],
      ["connected", 3, undefined],
    ]);
  },
  ON,
);

conformance(
  "client events: a storm is heard of whole and in order, in many turns",
  async (broker) => {
    const watcher = await observer(broker);
    const ids = Array.from({ length: 300 }, (_, n) => `c${n}`);
    const clients = await Promise.all(ids.map((id) => broker.connect(5, id)));
    await Promise.all(clients.map((client) => client.disconnect()));
    const seen: Heard[] = [];
    for (let tries = 0; seen.length < 600 && tries < 50; tries++) {
      seen.push(...await heard(broker, watcher));
    }
    for (const id of ids) {
      const own = seen.filter(({ json }) => json.client === id);
      const events = own.map(({ json }) => json.event);
      assert.deepEqual(events, ["connected", "disconnected"], id);
    }
  },
  ON,
);

conformance(
  "client events: a client id is one level, whatever it holds",
  async (broker) => {
    const watcher = await observer(broker);
    for (const id of ["a/b", "+", "#", "100%", "x\u007fy", "é", "a%2Fb"]) {
      const client = await broker.connect(5, id);
      await client.disconnect();
    }
    const events = await heard(broker, watcher);
    const came = events.filter(({ json }) => json.event === "connected");
    assert.deepEqual(
      came.map(({ topic, json }) => [topic.split("/")[3], json.client]),
      [
        ["a%2Fb", "a/b"],
        ["%2B", "+"],
        ["%23", "#"],
        ["100%25", "100%"],
        ["x%7Fy", "x\u007fy"],
        ["é", "é"],
        ["a%252Fb", "a%2Fb"],
      ],
    );
  },
  ON,
);

Deno.test("client events: control characters become the digits of their bytes", () => {
  assert.equal(clientLevel("a\u0001\u0085b"), "a%01%C2%85b");
});

Deno.test("client events: a broker that stops publishes no ends", () => {
  let count = 0;
  const turn = { inTurns: () => count++ };
  const context = { turn, clock: { date: () => 0 } } as unknown as Context;
  const events = new ClientEvents(context);
  const client = {
    ...{ clientId: "c", username: null, hostname: "::1", port: 1, id: 1 },
    listener: { name: "tcp" },
  } as unknown as LoggedConnection;
  const end = { wasOpen: true, reasonCode: 0x8b };
  const ended = (reason: string) =>
    events.closed(client, { ...end, reason } as ConnectionEnd);
  ended("shutdown");
  assert.equal(count, 0);
  ended("keep-alive");
  assert.equal(count, 1);
});

Deno.test("client events: no client id meets the topic of a counter", () => {
  // $SYS/broker/clients/closed/REASON and paused/REASON.
  const reasons: readonly string[] = CLOSE_REASONS;
  assert.ok(!reasons.includes("connected"));
  assert.ok(!reasons.includes("disconnected"));
});

conformance(
  "client events: a client id that makes the topic too long is cut there, and whole in the event",
  async (broker) => {
    const watcher = await observer(broker);
    const id = "/".repeat(40_000);
    await broker.connect(5, id);
    const [{ topic, json }] = await heard(broker, watcher);
    assert.equal(topic, `${BASE}${"%2F".repeat(10_000)}/connected`);
    assert.equal(json.client, id);
  },
  { ...ON, limits: { max_client_id_length: 65_535 } },
);

conformance(
  "client events: a refused CONNECT has none, and neither has a broker by default",
  async (broker) => {
    const watcher = await observer(broker);
    const refused = broker.open(4);
    await refused.send(refused.packets.connect({ clientId: "", clean: false }));
    await refused.receiveAll();
    assert.deepEqual(await heard(broker, watcher), []);
    await broker.reload({ sys: { interval: 0 } });
    await broker.connect(5, "c");
    assert.deepEqual(await heard(broker, watcher), []);
    await broker.reload(ON);
    await broker.connect(5, "d");
    const events = (await heard(broker, watcher)).map(({ json }) =>
      json.client
    );
    assert.deepEqual(events, ["d"]);
  },
  ON,
);

conformance(
  "client events: the access rules decide who reads them",
  async (broker) => {
    const watcher = await observer(broker);
    await broker.connect(5, "secret");
    await broker.connect(5, "open");
    const events = (await heard(broker, watcher)).map(({ json }) =>
      json.client
    );
    assert.deepEqual(events, ["open"]);
  },
  {
    ...ON,
    authorizer: testRules({
      receive: (topic) => topic !== `${BASE}secret/connected`,
    }),
  },
);
