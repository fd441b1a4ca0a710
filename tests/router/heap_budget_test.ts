import assert from "node:assert/strict";
import { Message } from "../../src/mqtt/mod.ts";
import { HeapBudget, Router } from "../../src/router/mod.ts";

Deno.test("heap budget: full from its limit on, and no longer below it", () => {
  const heap = new HeapBudget();
  heap.used = 2 ** 40;
  assert.equal(heap.isFull, false);
  heap.limit = 100;
  for (const [used, isFull] of [[99, false], [100, true], [99, false]]) {
    heap.used = Number(used);
    assert.equal(heap.isFull, isFull);
  }
});

Deno.test("heap budget: the limit is found once, when it may matter", async () => {
  const heap = new HeapBudget();
  let asked = 0;
  heap.limitFrom(100, () => Promise.resolve(++asked * 200));
  heap.used = 99;
  assert.equal(heap.isFull, false);
  assert.equal(asked, 0);
  heap.used = 300;
  assert.equal(heap.isFull, false, "the limit is not known");
  await Promise.resolve();
  assert.equal(heap.isFull, true);
  heap.used = 199;
  assert.equal(heap.isFull, false);
  assert.equal(asked, 1);
});

/** Publishes a message to retain. */
function retain(router: Router, name: string, length: number): number {
  const topic = router.topicOf(name);
  const message = new Message(topic, new Uint8Array(length), 0, length);
  message.retain = true;
  message.publisher = "client";
  return router.publish(topic, message, null);
}

for (
  const [name, length, least] of [
    ["x".repeat(300), 10, 500],
    ["x".repeat(60_000), 10, 60_000],
    ["x/".repeat(30_000), 10, 60_000],
    ["t", 1100, 800],
  ] as const
) {
  Deno.test(`heap budget: a retained message with a topic of ${name.length} and a payload of ${length} bytes counts until it ends`, () => {
    const router = new Router();
    const { heap } = router;
    retain(router, name, length);
    const one = heap.used;
    assert.ok(one >= least, `${one} bytes`);
    // One that replaces it, and a record in its place.
    retain(router, name, length);
    assert.equal(heap.used, one);
    retain(router, name, 1);
    assert.ok(heap.used <= one);
    retain(router, name, length);
    assert.equal(heap.used, one);
    retain(router, name, 0);
    assert.equal(heap.used, 0);
  });
}
