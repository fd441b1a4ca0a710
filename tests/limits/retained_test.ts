import assert from "node:assert/strict";
import { memoryPair } from "../../src/transport/mod.ts";
import { join, property } from "../support/bytes.ts";
import { Packets, puback } from "../support/packets.ts";
import { packetLength } from "../support/read_packet.ts";
import { activity, settle, turn } from "../support/settle.ts";
import {
  conformance,
  eachVersion,
  type TestBroker,
} from "../support/test_broker.ts";
import { drops, SYS_INTERVAL } from "./sys_figures.ts";

const sys = { interval: SYS_INTERVAL };

/** Has `count` messages retained on `r/0` and so on, of `bytes` each. */
async function retain(
  broker: TestBroker,
  count: number,
  qos: number,
  bytes: number,
) {
  const client = await broker.connect(5, "retainer");
  const payload = "x".repeat(bytes);
  for (let at = 0; at < count; at += 1000) {
    const size = Math.min(1000, count - at);
    const packets = Array.from(
      { length: size },
      (_, n) =>
        client.packets.publish({
          topic: `r/${at + n}`,
          payload,
          qos,
          id: n + 1,
          retain: true,
        }),
    );
    await client.send(...packets);
  }
  await client.receiveAll();
  await client.disconnect();
}

/** A client that only counts the PUBLISH packets it gets, as they come. */
class Counter {
  readonly #stream;
  readonly topics = new Set<string>();
  publishes = 0;

  constructor(broker: TestBroker) {
    const [mine, theirs] = memoryPair();
    this.#stream = mine;
    broker.serve(theirs);
    this.#read();
  }

  async post(bytes: Uint8Array): Promise<void> {
    await this.#stream.write(bytes);
    activity.count++;
  }

  async #read(): Promise<void> {
    const chunk = new Uint8Array(65_536);
    let rest = new Uint8Array(0);
    for (;;) {
      const count = await this.#stream.read(chunk).catch(() => null);
      if (count === null) return this.#stream.close();
      activity.count++;
      const bytes = join(rest, chunk.subarray(0, count));
      let at = 0;
      for (;;) {
        const length = packetLength(bytes.subarray(at, at + 300_000));
        if (length === 0) break;
        if (bytes[at] >> 4 === 3) this.#count(bytes, at);
        at += length;
      }
      rest = bytes.slice(at);
    }
  }

  /** Remaining lengths of one byte only. */
  #count(bytes: Uint8Array, at: number): void {
    this.publishes++;
    const topic = bytes.subarray(at + 4, at + 4 + bytes[at + 3]);
    this.topics.add(new TextDecoder().decode(topic));
  }
}

const MANY = 100_000;

conformance(
  `${MANY} retained messages are given in bounded turns: another client is served in between`,
  async (broker) => {
    await retain(broker, MANY, 0, 1);
    const other = await broker.connect(5, "other");
    const counter = new Counter(broker);
    const packets = new Packets(5);
    await counter.post(packets.connect({ clientId: "counter" }));
    await counter.post(packets.subscribe(1, ["#"]));
    while (counter.publishes === 0) await turn();
    let pings = 0;
    let most = 0;
    while (counter.publishes < MANY) {
      const before = counter.publishes;
      other.post("c0 00");
      const bytes = other.waiting;
      while (other.waiting === bytes) await turn();
      most = Math.max(most, counter.publishes - before);
      pings++;
    }
    // How many came while one ping waited for its answer.
    assert.ok(most <= 5000, `${most} messages before the answer`);
    assert.ok(pings >= 20, `${pings} pings answered meanwhile`);
    await settle();
    assert.deepEqual([counter.publishes, counter.topics.size], [MANY, MANY]);
  },
);

conformance(
  "many who ask for all retained messages at once are served side by side",
  async (broker) => {
    await retain(broker, 5000, 0, 1);
    const packets = new Packets(5);
    const counters = Array.from({ length: 40 }, () => new Counter(broker));
    for (const [at, counter] of counters.entries()) {
      await counter.post(packets.connect({ clientId: `counter${at}` }));
      await counter.post(packets.subscribe(1, ["#"]));
    }
    while (counters[0].publishes < 5000) await turn();
    for (const counter of counters.slice(1)) {
      assert.ok(counter.publishes > 0, "one had to wait for another's end");
    }
    await settle();
    for (const { topics } of counters) assert.equal(topics.size, 5000);
  },
);

for (
  const [what, session, count, bytes] of [
    ["messages", { backlog_messages: 20 }, 1000, 1],
    ["bytes", { backlog_bytes: 5000 }, 200, 1000],
  ] as const
) {
  eachVersion(
    `a backlog bounded by ${what} loses no retained message to its bound`,
    async (broker, version) => {
      await retain(broker, count, 1, bytes);
      const client = await broker.connect(version, "subscriber");
      await client.send(client.packets.subscribe(1, [["#", 1]]));
      const got = new Set<string>();
      for (let round = 0; round < 300; round++) {
        const all = await client.receiveAll();
        if (all.length === 0) break;
        for (const { type, topic, packetId } of all) {
          if (type !== 3) continue;
          got.add(topic);
          client.post(puback(packetId));
        }
      }
      assert.deepEqual(await drops(broker), {});
      assert.equal(got.size, count);
    },
    { session, limits: { max_inflight: 10 }, sys },
  );
}

eachVersion(
  "retained messages larger than max_outbound together all come to a slow reader",
  async (broker, version) => {
    await retain(broker, 60, 0, 100_000);
    const slow = broker.open(version, false);
    await slow.send(slow.packets.connect({ clientId: "slow" }));
    await slow.send(slow.packets.subscribe(1, ["#"]));
    slow.reading = true;
    const all = await slow.receiveAll();
    assert.deepEqual(await drops(broker), {});
    assert.equal(all.filter((one) => one.type === 3).length, 60);
  },
  { limits: { max_outbound: 2_000_000 }, sys },
);

eachVersion(
  "a feed that its client leaves goes on when it comes back, and with new connections to the end",
  async (broker, version) => {
    await retain(broker, 500, 1, 1);
    const options = {
      clientId: "subscriber",
      clean: false,
      properties: version === 5 ? [property.sessionExpiry(100)] : [],
    };
    const got = new Set<string>();
    let client = await broker.connect(version, options);
    await client.send(client.packets.subscribe(1, [["#", 1]]));
    for (let round = 0; round < 60; round++) {
      for (const { type, topic, packetId } of await client.receiveAll()) {
        if (type !== 3) continue;
        got.add(topic);
        client.post(puback(packetId));
      }
      if (round % 5 !== 4) continue;
      await client.drop();
      client = await broker.connect(version, options);
    }
    assert.equal(got.size, 500);
  },
  { limits: { max_inflight: 10 } },
);

conformance(
  "of retained messages max_messages are kept; one more is 0x97 and counted, replacing and clearing go on",
  async (broker) => {
    const client = await broker.connect(5);
    const publish = async (topic: string, payload: string, code: number) => {
      await client.publish({ topic, payload, qos: 1, retain: true });
      await client.expectAck(4, 1, code);
    };
    await publish("a", "1", 0x10);
    await publish("b", "1", 0x10);
    await publish("c", "1", 0x97);
    await publish("a", "2", 0x10);
    await publish("c", "1", 0x97);
    await publish("a", "", 0x10);
    await publish("c", "1", 0x10);
    assert.deepEqual(await drops(broker), { "retained-full": 2 });
  },
  { retained: { max_messages: 2 }, sys },
);

conformance(
  "retained messages fill max_bytes to the last; what does not fit is 0x97 and leaves the one before",
  async (broker) => {
    const client = await broker.connect(5);
    const publish = async (topic: string, bytes: number, code: number) => {
      const payload = "x".repeat(bytes);
      await client.publish({ topic, payload, qos: 2, id: 7, retain: true });
      await client.expectAck(5, 7, code);
      if (code >= 0x80) return;
      await client.send("62 02 00 07");
      await client.expectAck(7, 7);
    };
    // A topic of one byte counts too.
    await publish("a", 999, 0x10);
    await publish("b", 999, 0x10);
    await publish("c", 1, 0x97);
    await publish("a", 1000, 0x97);
    await publish("b", 998, 0x10);
    await client.subscribe(["#"]);
    const all = await client.receiveAll();
    assert.deepEqual(
      all.map((one) => [one.topic, one.payload.length]).sort(),
      [["a", 999], ["b", 998]],
    );
    assert.deepEqual(await drops(broker), { "retained-full": 2 });
  },
  { retained: { max_bytes: 2000 }, sys },
);

conformance(
  "deep topics count in max_bytes with their levels, and give them back",
  async (broker) => {
    const client = await broker.connect(5);
    const publish = async (topic: string, payload: string, code: number) => {
      await client.publish({ topic, payload, qos: 1, id: 7, retain: true });
      await client.expectAck(4, 7, code);
    };
    const deep = "/x".repeat(60);
    // Two messages and the topics' 61 levels each, less four: 14,600 bytes.
    for (let round = 0; round < 3; round++) {
      await publish(`a${deep}`, "x", 0x10);
      await publish(`b${deep}`, "x", 0x10);
      await publish(`c${deep}`, "x", 0x97);
      // Its levels are there, and its payload is no longer.
      await publish(`b${deep}`, "y", 0x10);
      // Levels that are shared take nothing, and those of `c` are gone.
      for (let leaf = 0; leaf < 10; leaf++) {
        await publish(`a${deep}/${leaf}`, "x", 0x10);
      }
      for (let leaf = 0; leaf < 10; leaf++) {
        await publish(`a${deep}/${leaf}`, "", 0x10);
      }
      await publish(`a${deep}`, "", 0x10);
      await publish(`b${deep}`, "", 0x10);
    }
  },
  { retained: { max_bytes: 17_000 } },
);
