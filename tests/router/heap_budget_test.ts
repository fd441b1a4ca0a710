import assert from "node:assert/strict";
import { HeapBudget } from "../../src/router/mod.ts";

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
