import assert from "node:assert/strict";
import fc from "fast-check";
import { topicMatches } from "../../src/mqtt/mod.ts";
import { CountingSubscriber, PLAIN } from "../bench/bench_topics.ts";
import {
  FilterShapes,
  shapeOf,
} from "../../src/router/filters/filter_shapes.ts";
import { SubscriptionTable } from "../../src/router/filters/subscription_table.ts";

const subscriber = new CountingSubscriber();

Deno.test("filter shape: levels count from the first + on", () => {
  const levels = (filter: string, group: string | null = null) =>
    shapeOf(filter, group)?.levels ?? 0;
  assert.equal(levels("a/b/c"), 0);
  assert.equal(levels("a/b/#"), 0);
  assert.equal(levels("a/b/c", "g"), 1);
  assert.equal(levels("+"), 1);
  assert.equal(levels("a/+"), 1);
  assert.equal(levels("+/a/b"), 3);
  assert.equal(levels("a/+/b/+/c/#"), 5);
  assert.equal(levels(`+/${"x".repeat(254)}`), 4, "256 characters are 2 more");
});

Deno.test("filter shapes: those with wildcards in the same places count once", () => {
  const shapes = new FilterShapes();
  const add = (filter: string, group: string | null = null) =>
    shapes.add(shapeOf(filter, group)!);
  const levels = () => shapes.levelsWith(shapeOf("+", null)!) - 1;
  add("a/+/b");
  add("x/+/y");
  assert.equal(levels(), 2);
  add("a/+/+");
  add("a/+/#");
  add("a/+/b", "g");
  assert.equal(levels(), 8);
  shapes.remove(shapeOf("a/+/b", null)!);
  assert.equal(levels(), 8);
  shapes.remove(shapeOf("x/+/y", null)!);
  shapes.remove(shapeOf("a/+/b", "g")!);
  assert.equal(levels(), 4);
  assert.equal(shapes.levelsWith(shapeOf("b/+/#", null)!), 4);
});

Deno.test("filter shape: differs with every wildcard of 60 levels", () => {
  const keys = new Set<unknown>();
  const levels = new Array<string>(60).fill("a");
  levels[59] = "+";
  for (let at = 0; at < 59; at++) {
    keys.add(shapeOf(levels.with(at, "+").join("/"), null)!.key);
    keys.add(shapeOf(levels.slice(0, at).concat("+").join("/"), null)!.key);
  }
  assert.equal(keys.size, 118);
});

const level = fc.constantFrom("a", "b", "", "+", "+");
const filter = fc.tuple(
  fc.array(level, { minLength: 1, maxLength: 6 }),
  fc.boolean(),
).map(([levels, rest]) => (rest ? [...levels, "#"] : levels).join("/"))
  .filter((text) => text !== "");
const name = fc.array(fc.constantFrom("a", "b", ""), {
  minLength: 1,
  maxLength: 7,
}).map((levels) => levels.join("/")).filter((text) => text !== "");

Deno.test("filter shapes: a topic matches one filter of each shape at most", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(filter, { maxLength: 60 }),
      name,
      (filters, name) => {
        const matched = filters.filter((one) => topicMatches(one, name));
        const keys = matched.map((one) => shapeOf(one, null)?.key)
          .filter((key) => key !== undefined);
        assert.equal(new Set(keys).size, keys.length);
      },
    ),
    { numRuns: 1000 },
  );
});

Deno.test("table: the levels of shapes follow the subscriptions", () => {
  const table = new SubscriptionTable();
  const fits = (most: number) => table.fits(subscriber, "+/+/+", null, most);
  assert.equal(fits(2), false);
  assert.equal(fits(3), true);
  table.put(subscriber, "+/b/c", null, PLAIN);
  table.put(subscriber, "+/d/e", null, PLAIN);
  table.put(subscriber, "+/+/#", null, PLAIN);
  table.put(subscriber, "a/b", null, PLAIN);
  assert.deepEqual([8, 9].map((most) => fits(most)), [false, true]);
  table.remove(subscriber, "+/b/c", null);
  assert.equal(fits(8), false);
  table.remove(subscriber, "+/d/e", null);
  assert.equal(fits(6), true);
  while (table.removeOldest(subscriber) !== null);
  assert.deepEqual([2, 3].map((most) => fits(most)), [false, true]);
});
