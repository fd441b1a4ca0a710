import assert from "node:assert/strict";
import { Backlog } from "../../src/session/session/backlog.ts";
import { OrderedMap } from "../../src/session/session/ordered_map.ts";
import { property } from "../support/bytes.ts";
import { puback, staying } from "../support/packets.ts";
import { conformance, eachVersion } from "../support/test_broker.ts";

/** Elements that arrays hand on to copies of themselves while `task` runs. */
async function copied(task: () => Promise<void>): Promise<number> {
  const { slice, filter } = Array.prototype;
  let count = 0;
  Array.prototype.slice = function (...all) {
    count += this.length;
    return slice.apply(this, all);
  };
  // deno-lint-ignore no-explicit-any
  Array.prototype.filter = function (...all: any) {
    count += this.length;
    return filter.apply(this, all);
  };
  try {
    await task();
  } finally {
    Object.assign(Array.prototype, { slice, filter });
  }
  return count;
}

/** Entries that backlogs give while `task` runs. */
async function taken(task: () => Promise<void>): Promise<number> {
  const { shift } = Backlog.prototype;
  let count = 0;
  Backlog.prototype.shift = function () {
    count++;
    return shift.call(this);
  };
  try {
    await task();
  } finally {
    Backlog.prototype.shift = shift;
  }
  return count;
}

const WINDOW = 1000;

for (const order of ["in their order", "the latest first"]) {
  conformance(
    `a window sent again one message at a time, acknowledged ${order}, is not copied for each`,
    async (broker) => {
      const reader = await broker.connect(5, staying(5));
      await reader.subscribe([["t", 1]]);
      const writer = await broker.connect(5, "writer");
      await writer.send(
        ...Array.from(
          { length: WINDOW },
          () => writer.packets.publish({ topic: "t", qos: 1 }),
        ),
      );
      const sent = await reader.receiveAll();
      assert.equal(sent.length, WINDOW);
      await reader.drop();
      const { properties = [], ...rest } = staying(5);
      const again = await broker.connect(5, {
        ...rest,
        properties: [...properties, property.receiveMaximum(1)],
      });
      const ids = sent.map((one) => one.packetId);
      if (order === "the latest first") ids.reverse();
      const came: number[] = [];
      const copies = await copied(async () => {
        for (const id of ids) again.post(puback(id));
        for (const { packetId } of await again.receiveAll()) {
          came.push(packetId);
        }
      });
      assert.ok(copies < WINDOW * 20, `${copies} elements were copied`);
      // Each once; of those acknowledged before they were sent, none.
      const expected = order === "in their order" ? ids : [sent[0].packetId];
      assert.deepEqual(came, expected);
      await again.expectAlive();
    },
    { limits: { max_inflight: WINDOW } },
  );
}

for (const packets of [1, 200]) {
  eachVersion(
    `leaving 200 shared subscriptions with ${packets} UNSUBSCRIBE goes through the backlog once`,
    async (broker, version) => {
      const groups = Array.from({ length: 200 }, (_, at) => `$share/g${at}/t`);
      const leaver = await broker.connect(version, staying(version, "leaver"));
      await leaver.subscribe(groups.map((one) => [one, 1] as const));
      const writer = await broker.connect(5, "writer");
      // A window of one and nothing acknowledged: the rest waits.
      for (let count = 0; count < 5; count++) {
        await writer.publish({ topic: "t", qos: 1 });
      }
      const other = await broker.connect(version, "other");
      await other.subscribe([["$share/g7/t", 1], ["$share/g8/t", 1]]);
      const waiting = 5 * groups.length - 1;
      const each = groups.length / packets;
      const count = await taken(() =>
        leaver.send(
          ...Array.from({ length: packets }, (_, at) =>
            leaver.packets.unsubscribe(
              at + 1000,
              groups.slice(at * each, at * each + each),
            )),
        )
      );
      assert.ok(count <= waiting + 10, `${count} taken of ${waiting}`);
      // What the groups still have a member for is that member's.
      for (let count = 0; count < 10; count++) {
        const { packetId } = await other.receivePublish();
        await other.send(puback(packetId));
      }
      await other.expectNothing();
    },
    { limits: { max_inflight: 1 } },
  );
}

conformance(
  "SUBSCRIBE of many filters copies no list of what is retained for each",
  async (broker) => {
    const writer = await broker.connect(5, "writer");
    await writer.send(
      ...Array.from(
        { length: 600 },
        (_, at) =>
          writer.packets.publish({
            topic: `r/${at}`,
            payload: "x",
            retain: true,
          }),
      ),
    );
    const filters = Array.from({ length: 1000 }, (_, at) => `none/${at}`);
    const reader = await broker.connect(5, "reader");
    const came: number[] = [];
    const copies = await copied(async () => {
      reader.post(reader.packets.subscribe(1, ["#", ...filters, "r/+"]));
      for (const { type } of await reader.receiveAll()) came.push(type);
    });
    assert.ok(copies < filters.length * 20, `${copies} elements were copied`);
    assert.equal(came.filter((type) => type === 3).length, 1200);
    assert.equal(came.filter((type) => type === 9).length, 1);
  },
);

Deno.test("an ordered map gives the oldest entry, whatever is added and deleted", () => {
  const map = new OrderedMap<number, string>();
  assert.equal(map.first(), null);
  map.set(1, "a");
  map.set(2, "b");
  assert.equal(map.first(), "a");
  map.delete(2);
  map.set(3, "c");
  assert.equal(map.first(), "a");
  map.set(1, "again");
  assert.equal(map.first(), "c");
  map.delete(3);
  assert.equal(map.first(), "again");
  map.delete(1);
  assert.deepEqual([map.first(), map.size], [null, 0]);
  // The walk before it had come to its end.
  map.set(4, "d");
  map.set(5, "e");
  assert.equal(map.first(), "d");
  map.delete(4);
  assert.equal(map.first(), "e");
});
