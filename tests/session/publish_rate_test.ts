import assert from "node:assert/strict";
import { PublishRate } from "../../src/session/connection/publish_rate.ts";

/** Takes `count` messages as fast as it may; returns the ms it took. */
function run(rate: PublishRate, count: number, bytes: number): number {
  let now = 0;
  for (let at = 0; at < count; at++) now += rate.take(bytes, now);
  return now;
}

Deno.test("a second's worth comes at once, the rest at the rate", () => {
  const rate = new PublishRate(10, 0, 0);
  for (let at = 0; at < 10; at++) assert.equal(rate.take(1000, 0), 0);
  assert.equal(rate.take(1000, 0), 100);
  assert.equal(rate.take(1000, 100), 100);
  const long = run(new PublishRate(10, 0, 0), 1000, 1);
  assert.ok(long >= 98_000 && long <= 100_000, `${long} ms`);
});

Deno.test("bytes are bounded on their own", () => {
  const rate = new PublishRate(0, 1000, 0);
  assert.equal(rate.take(1000, 0), 0);
  assert.equal(rate.take(500, 0), 500);
  // One larger than the bucket waits as long as it takes, and passes.
  assert.equal(new PublishRate(0, 1000, 0).take(5000, 0), 4000);
  const long = run(new PublishRate(0, 1000, 0), 300, 100);
  assert.ok(long >= 28_000 && long <= 30_000, `${long} ms`);
});

Deno.test("of two bounds the stricter one counts", () => {
  assert.equal(run(new PublishRate(1, 1_000_000, 0), 11, 10), 10_000);
  assert.equal(run(new PublishRate(1000, 100, 0), 11, 100), 10_000);
});

Deno.test("silence earns one second's worth, not more", () => {
  const rate = new PublishRate(10, 0, 0);
  for (let at = 0; at < 10; at++) rate.take(1, 0);
  for (let at = 0; at < 10; at++) assert.equal(rate.take(1, 3_600_000), 0);
  assert.ok(rate.take(1, 3_600_000) > 0);
});

Deno.test("without bounds nobody waits", () => {
  assert.equal(run(new PublishRate(0, 0, 0), 10_000, 65_536), 0);
});
