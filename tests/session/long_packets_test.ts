import assert from "node:assert/strict";
import type { QoS } from "../../src/mqtt/mod.ts";
import type { Authorizer } from "../../src/security/mod.ts";
import { joinAll, packet } from "../support/bytes.ts";
import { SYS_INTERVAL, sysFigures } from "../limits/sys_figures.ts";
import { staying } from "../support/packets.ts";
import { testRules } from "../support/rules.ts";
import {
  conformance,
  eachVersion,
  type TestBroker,
} from "../support/test_broker.ts";
import { until } from "../support/wait.ts";

/** More than is handled in one go, many times over. */
const MANY = 5000;

/** The most filters that a packet may have by default. */
const MOST = 65_536;

function filtersOf(count: number, prefix = "f/"): string[] {
  return Array.from({ length: count }, (_, at) => `${prefix}${at}`);
}

/** Settings with which `held` works. */
const COUNTED = { sys: { interval: SYS_INTERVAL } };

/** How many subscriptions the broker holds. */
async function held(broker: TestBroker): Promise<number> {
  const name = "subscriptions/count";
  const figures = await sysFigures(broker, `$SYS/broker/${name}`);
  return Number(figures.get(name));
}

eachVersion(
  "SUBSCRIBE and UNSUBSCRIBE of 5,000 filters: other connections are served before the answer, which is whole and in order",
  async (broker, version) => {
    const client = await broker.connect(version, "many");
    const other = await broker.connect(version, "other");
    const filters = filtersOf(MANY);
    // One that is refused, and one that is there twice.
    filters[1000] = "a/".repeat(200);
    filters[MANY - 1] = filters[0];
    const no = version === 5 ? 0x8f : 0x80;
    client.post(client.packets.subscribe(
      7,
      filters.map((filter, at) => [filter, at % 3] as const),
    ));
    other.post("c0 00");
    await other.answered();
    assert.equal(client.waiting, 0, "its answer comes later");
    await other.expect("d0 00");
    await client.answered();
    const suback = await client.receive();
    assert.deepEqual([suback.type, suback.packetId], [9, 7]);
    assert.deepEqual(
      suback.codes,
      filters.map((_, at) => at === 1000 ? no : at % 3),
    );
    assert.equal(await held(broker), MANY - 2);
    await other.publish({ topic: "f/4998" });
    assert.equal((await client.receivePublish()).topic, "f/4998");

    client.post(client.packets.unsubscribe(8, filters));
    other.post("c0 00");
    await other.answered();
    assert.equal(client.waiting, 0, "its answer comes later");
    await other.expect("d0 00");
    await client.answered();
    const unsuback = await client.receive();
    assert.deepEqual([unsuback.type, unsuback.packetId], [11, 8]);
    if (version === 5) {
      assert.deepEqual(
        unsuback.codes,
        filters.map((_, at) => at === 1000 || at === MANY - 1 ? 0x11 : 0),
      );
    }
    assert.equal(await held(broker), 0);
  },
  COUNTED,
);

eachVersion(
  "what follows a SUBSCRIBE of 5,000 filters is handled behind it",
  async (broker, version) => {
    const client = await broker.connect(version);
    const { packets } = client;
    const filters = filtersOf(MANY);
    client.post(
      packets.subscribe(1, filters),
      packets.publish({ topic: filters[MANY - 1] }),
      packets.unsubscribe(2, filters),
      packets.publish({ topic: filters[MANY - 1] }),
      "c0 00",
    );
    const types: number[] = [];
    await until("all answers", async () => {
      for (const { type } of await client.receiveAll()) types.push(type);
      return types.at(-1) === 13;
    });
    assert.deepEqual(types, [9, 3, 11, 13]);
  },
);

for (const what of ["subscribe", "unsubscribe"] as const) {
  eachVersion(
    `${what} of 5,000 filters with a bad one at its end ends the connection and does nothing else`,
    async (broker, version) => {
      const other = await broker.connect(version, "other");
      const filters = filtersOf(MANY);
      const client = await broker.connect(version, staying(version));
      await client.subscribe(["f/0"]);
      client.post(client.packets[what](2, [...filters, "bad/#/filter"]));
      await client.answered();
      await client.expectDisconnect(0x81);
      assert.equal(await held(broker), 1);
      await other.expectAlive();
    },
    COUNTED,
  );

  eachVersion(
    `${what} of 65,537 filters ends the connection with 0x97 and does nothing else`,
    async (broker, version) => {
      const client = await broker.connect(version, staying(version));
      await client.subscribe(["f"]);
      client.post(
        client.packets[what](
          2,
          new Array<string>(MOST + 1).fill(what === "subscribe" ? "g" : "f"),
        ),
      );
      await client.answered();
      await client.expectDisconnect(0x97);
      assert.equal(await held(broker), 1);
    },
    COUNTED,
  );
}

eachVersion(
  "SUBSCRIBE of 65,536 filters is answered: as many are granted as a session may have",
  async (broker, version) => {
    const client = await broker.connect(version, "client");
    client.post(client.packets.subscribe(2, filtersOf(MOST, "")));
    await client.answered();
    const { codes } = await client.receive();
    const no = version === 5 ? 0x97 : 0x80;
    assert.equal(codes.length, MOST);
    assert.ok(codes.every((code, at) => code === (at < 10_000 ? 0 : no)));
  },
);

conformance(
  "a packet may have as many filters as a session may have subscriptions",
  async (broker) => {
    const client = await broker.connect(5);
    client.post(client.packets.subscribe(2, filtersOf(MOST + 1, "")));
    await client.answered();
    const { codes } = await client.receive();
    assert.deepEqual(new Set(codes), new Set([0]));
    assert.equal(codes.length, MOST + 1);
  },
  { limits: { max_subscriptions_per_session: 70_000 } },
);

conformance(
  "millions of filters in one packet are not even decoded",
  async (broker) => {
    const client = await broker.connect(5, "client");
    const entries = new Uint8Array(4 * 1_000_000);
    for (let at = 0; at < entries.length; at += 4) {
      entries.set([0, 1, 0x61, 0], at);
    }
    // The last is malformed, which nothing finds out.
    entries[entries.length - 1] = 0xff;
    client.post(packet(0x82, "00 01 00", entries));
    await client.answered();
    await client.expectDisconnect(0x97);
  },
);

conformance(
  "a takeover in the midst of a SUBSCRIBE ends it: the new session has nothing of it",
  async (broker) => {
    const other = await broker.connect(5, "other");
    const client = await broker.connect(5, "client");
    client.post(client.packets.subscribe(1, filtersOf(MANY)));
    other.post("c0 00");
    await other.answered();
    await other.expect("d0 00");
    const next = broker.open(5);
    next.post(next.packets.connect({ clientId: "client" }));
    await client.answered();
    await client.expectDisconnect(0x8e);
    assert.equal(await held(broker), 0);
    assert.equal((await next.receive()).code, 0);
  },
  COUNTED,
);

conformance(
  "retained messages for all of 2,000 filters arrive, and one SUBACK",
  async (broker) => {
    const writer = await broker.connect(5, "writer");
    const filters = filtersOf(2000);
    await writer.send(
      joinAll(
        filters.map((topic) =>
          writer.packets.publish({ topic, payload: "x", retain: true })
        ),
      ),
    );
    const reader = await broker.connect(5, "reader");
    reader.post(reader.packets.subscribe(1, filters));
    const types: number[] = [];
    await until("all messages", async () => {
      for (const { type } of await reader.receiveAll()) types.push(type);
      return types.length === 2001;
    });
    assert.equal(types.filter((type) => type === 9).length, 1);
  },
);

/** Leaves every filter to somebody outside, who answers later. */
function outside(asked: string[]): Authorizer {
  return {
    ...testRules({}),
    maySubscribe: (): QoS | -1 | null => null,
    ask: (_, { topic }) => {
      asked.push(topic);
      return Promise.resolve(!topic.endsWith("7"));
    },
  };
}

const asked: string[] = [];

conformance(
  "each of 1,000 filters that somebody outside decides is asked for once",
  async (broker) => {
    const client = await broker.connect(5);
    const filters = filtersOf(1000);
    client.post(client.packets.subscribe(1, filters));
    await client.answered();
    const { codes } = await client.receive();
    assert.deepEqual(
      codes,
      filters.map((filter) => filter.endsWith("7") ? 0x87 : 0),
    );
    assert.deepEqual(asked, filters);
  },
  { authorizer: outside(asked) },
);
