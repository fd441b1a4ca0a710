import assert from "node:assert/strict";
import { Message, Topic } from "../../src/mqtt/mod.ts";
import { Backlog } from "../../src/session/session/backlog.ts";
import { Counters } from "../../src/session/mod.ts";
import { Outgoing } from "../../src/session/core/outgoing.ts";
import { deliveryAt } from "../support/deliveries.ts";

const delivery = deliveryAt(1);

function waiting(bytes: number): Outgoing {
  const topic = new Topic("tt", new Uint8Array(2));
  const message = new Message(topic, new Uint8Array(bytes), 0, bytes);
  return new Outgoing(message, 1, false, delivery);
}

Deno.test("a backlog gives back what went in, in order, and counts its bytes", () => {
  const backlog = new Backlog(new Counters());
  const model: Outgoing[] = [];
  // Grows over the end of a part, shrinks, and grows again.
  for (let round = 0; round < 50; round++) {
    for (let count = 0; count < round * 7 % 90; count++) {
      const one = waiting(round + count);
      backlog.push(one);
      model.push(one);
    }
    for (let count = 0; count < round * 5 % 71; count++) {
      assert.equal(backlog.peek(), model[0] ?? null);
      assert.equal(backlog.shift(), model.shift() ?? null);
    }
    assert.equal(backlog.size, model.length);
    const bytes = model.reduce((sum, one) => sum + one.message!.size, 0);
    assert.equal(backlog.bytes, bytes);
  }
});

Deno.test("an empty backlog has nothing to give, again after a long one", () => {
  const backlog = new Backlog(new Counters());
  assert.equal(backlog.peek(), null);
  assert.equal(backlog.shift(), null);
  for (let count = 0; count < 3000; count++) backlog.push(waiting(1));
  for (let count = 0; count < 3000; count++) assert.ok(backlog.shift());
  assert.equal(backlog.peek(), null);
  assert.equal(backlog.shift(), null);
  assert.deepEqual([backlog.size, backlog.bytes], [0, 0]);
  const one = waiting(5);
  backlog.push(one);
  assert.equal(backlog.shift(), one);
});
