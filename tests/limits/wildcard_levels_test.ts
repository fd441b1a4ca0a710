import assert from "node:assert/strict";
import { FilterNode } from "../../src/router/filters/filter_node.ts";
import { property } from "../support/bytes.ts";
import { staying } from "../support/packets.ts";
import { propertyOf } from "../support/read_packet.ts";
import { conformance, eachVersion } from "../support/test_broker.ts";

/** How often nodes of the filter tree are asked for a child by `task`. */
async function steps(task: () => Promise<void>): Promise<number> {
  const { child } = FilterNode.prototype;
  let count = 0;
  FilterNode.prototype.child = function (...all) {
    count++;
    return child.apply(this, all);
  };
  try {
    await task();
  } finally {
    FilterNode.prototype.child = child;
  }
  return count;
}

/** Filters of 127 levels with `+` at half of them, no two the same. */
function scattered(count: number): string[] {
  const filters = new Set<string>();
  for (let state = 1; filters.size < count;) {
    const levels: string[] = [];
    for (let level = 0; level < 127; level++) {
      state = (state * 1103515245 + 12345) % 2 ** 31;
      levels.push(state & 2 ** 20 ? "+" : "a");
    }
    filters.add(levels.join("/"));
  }
  return [...filters];
}

eachVersion(
  "wildcards of a session may have 6 levels and no more; the same places count once",
  async (broker, version) => {
    const full = version === 5 ? 0x97 : 0x80;
    let client = await broker.connect(version, staying(version));
    const ask = async (...filters: string[]) => {
      await client.send(client.packets.subscribe(1, filters));
      return (await client.receive()).codes;
    };
    assert.deepEqual(
      await ask("+/a/b", "+/c/d", "x/+/+", "x/+", "x/+/#", "y/+", "a/b", "#"),
      [0, 0, 0, 0, full, 0, 0, 0],
    );
    assert.deepEqual(await ask("+/a/b", "$share/g/t"), [0, full]);
    // Also behind a new connection.
    await client.disconnect();
    client = await broker.connect(version, staying(version));
    assert.deepEqual(await ask("x/+/#"), [full]);
    await client.send(client.packets.unsubscribe(2, ["+/a/b"]));
    await client.receive();
    assert.deepEqual(await ask("x/+/#"), [full]);
    await client.send(client.packets.unsubscribe(2, ["+/c/d"]));
    await client.receive();
    assert.deepEqual(await ask("x/+/#", "$share/g/t"), [0, 0]);
    // Another session has its own.
    const other = await broker.connect(version, "other");
    await other.subscribe(["+/a/b", "x/+/+"]);
  },
  { limits: { max_wildcard_levels_per_session: 6 } },
);

conformance(
  "a client is told which limit its wildcards met, unless it asked for no words",
  async (broker) => {
    const client = await broker.connect(5);
    await client.send(client.packets.subscribe(1, ["+/+"]));
    const reason = propertyOf(await client.receive(), 0x1f);
    assert.match(String(reason), /limits\.max_wildcard_levels_per_session/);
    const silent = await broker.connect(5, {
      clientId: "silent",
      properties: [property.requestProblem(0)],
    });
    await silent.send(silent.packets.subscribe(1, ["+/+"]));
    await silent.expect("90 04 00 01 00 97");
  },
  { limits: { max_wildcard_levels_per_session: 1 } },
);

conformance(
  "5,000 filters with wildcards at the same levels are granted, and so are all places there are in 6 levels",
  async (broker) => {
    const client = await broker.connect(5);
    const devices = Array.from({ length: 5000 }, (_, at) => `d/+/${at}/state`);
    const places: string[] = [];
    for (let levels = 1; levels <= 6; levels++) {
      for (let mask = 0; mask < 2 ** levels; mask++) {
        const filter = Array.from(
          { length: levels },
          (_, at) => mask >> at & 1 ? "+" : "a",
        ).join("/");
        places.push(filter, `${filter}/#`);
      }
    }
    client.post(client.packets.subscribe(1, [...devices, ...places]));
    await client.answered();
    const { codes } = await client.receive();
    assert.deepEqual(new Set(codes), new Set([0]));
    assert.equal(codes.length, devices.length + places.length);
  },
);

conformance(
  "wildcards scattered over 127 levels: what is granted costs a match no more than the limit",
  async (broker) => {
    const client = await broker.connect(5, "scattered");
    client.post(client.packets.subscribe(1, scattered(10_000)));
    await client.answered();
    const { codes } = await client.receive();
    const granted = codes.filter((code) => code === 0).length;
    assert.ok(granted >= 16 && granted < 100, `${granted} were granted`);
    assert.deepEqual(new Set(codes), new Set([0, 0x97]));
    const other = await broker.connect(5, "other");
    const looked = await steps(() =>
      other.publish({ topic: `${"a/".repeat(126)}z` })
    );
    assert.ok(looked <= 2048 + 127 + 1, `${looked} nodes were asked`);
    await client.receivePublish();
  },
);
