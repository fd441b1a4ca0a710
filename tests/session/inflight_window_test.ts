import assert from "node:assert/strict";
import { Message, Topic } from "../../src/mqtt/mod.ts";
import { InflightWindow } from "../../src/session/session/inflight_window.ts";
import { Outgoing } from "../../src/session/core/outgoing.ts";
import { deliveryAt } from "../support/deliveries.ts";

const message = new Message(
  new Topic("t", new Uint8Array(1)),
  new Uint8Array(0),
  0,
  0,
);
const delivery = deliveryAt(1);

function add(window: InflightWindow): Outgoing {
  const entry = new Outgoing(message, 1, false, delivery);
  window.add(entry);
  return entry;
}

Deno.test("packet ids count up from 1 and are found again", () => {
  const window = new InflightWindow();
  const entries = Array.from({ length: 100 }, () => add(window));
  assert.deepEqual(entries.map((one) => one.packetId), [
    ...Array.from({ length: 100 }, (_, at) => at + 1),
  ]);
  for (const entry of entries) {
    assert.equal(window.get(entry.packetId), entry);
  }
  assert.equal(window.size, 100);
  assert.equal(window.get(0), null);
  assert.equal(window.get(101), null);
  assert.equal(window.get(65535), null);
  assert.equal(new InflightWindow().get(1), null);
});

Deno.test("behind 65,535 comes 1, and ids still in use are passed over", () => {
  const window = new InflightWindow();
  const held: Outgoing[] = [];
  // Every 997th stays; all others go at once.
  for (let count = 1; count <= 65535; count++) {
    const entry = add(window);
    if (count % 997 === 1) held.push(entry);
    else window.remove(entry);
  }
  const ids = new Set(held.map((one) => one.packetId));
  assert.equal(ids.size, held.length);
  for (let count = 0; count < 70_000; count++) {
    const entry = add(window);
    assert.ok(entry.packetId >= 1 && entry.packetId <= 65535);
    assert.ok(!ids.has(entry.packetId), `id ${entry.packetId} is in use`);
    window.remove(entry);
  }
  for (const entry of held) assert.equal(window.get(entry.packetId), entry);
  assert.equal(window.size, held.length);
});

Deno.test("all 65,535 ids can be in use at once, and a hole is found", () => {
  const window = new InflightWindow();
  const seen = new Set<number>();
  for (let count = 0; count < 65535; count++) seen.add(add(window).packetId);
  assert.equal(seen.size, 65535);
  assert.ok(!seen.has(0));
  const hole = window.get(12_345)!;
  window.remove(hole);
  assert.equal(window.get(12_345), null);
  assert.equal(add(window).packetId, 12_345);
  assert.equal(window.size, 65535);
});

Deno.test("a window with all ids in use takes no more, and its serial number stands", () => {
  const window = new InflightWindow();
  for (let count = 0; count < 65535; count++) {
    const qos = count % 2 === 0 ? 1 : 2;
    window.add(new Outgoing(message, qos, false, delivery));
  }
  assert.equal(window.full, true);
  assert.equal(window.seekSerial(), window.seekSerial());
  assert.throws(() => add(window), RangeError);
  assert.equal(window.size, 65535);
  // The one id that comes free is the next of either QoS.
  for (const qos of [1, 2] as const) {
    window.remove(window.get(40_000)!);
    assert.equal(window.full, false);
    const entry = new Outgoing(message, qos, false, delivery);
    window.add(entry);
    assert.equal(entry.packetId, 40_000);
  }
});

Deno.test("the order is that of sending, also over the wrap and with holes", () => {
  const window = new InflightWindow();
  const kept: Outgoing[] = [];
  for (let count = 0; count < 65535 + 500; count++) {
    const entry = add(window);
    if (count > 65000 && count % 3 !== 0) kept.push(entry);
    else window.remove(entry);
  }
  assert.ok(kept.at(-1)!.packetId < kept[0].packetId, "it wrapped");
  assert.deepEqual(window.inOrder(), kept);
});

function restored(packetId: number): Outgoing {
  const entry = new Outgoing(message, 1, false, delivery);
  entry.packetId = packetId;
  return entry;
}

Deno.test("a restored entry keeps its packet id, unless the id is taken", () => {
  const window = new InflightWindow();
  const first = restored(700);
  assert.equal(window.restore(first), true);
  assert.equal(window.restore(restored(700)), false);
  assert.equal(window.get(700), first);
  assert.equal(window.size, 1);
  // The same low bits are not the same id.
  const other = restored(700 + 4096);
  assert.equal(window.restore(other), true);
  assert.equal(window.get(700 + 4096), other);
  assert.deepEqual(window.inOrder(), [first, other]);
});
