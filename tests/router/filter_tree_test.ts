import assert from "node:assert/strict";
import fc from "fast-check";
import { topicMatches } from "../../src/mqtt/mod.ts";
import { CountingSubscriber, PLAIN } from "../bench/bench_topics.ts";
import {
  type FilterNode,
  Subscription,
} from "../../src/router/filters/filter_node.ts";
import { FilterTree } from "../../src/router/filters/filter_tree.ts";
import { pathOf } from "../../src/router/levels/level_node.ts";
import { LevelTable } from "../../src/router/levels/level_table.ts";
import { SubscriptionTable } from "../../src/router/filters/subscription_table.ts";
import { TreeWalk } from "../../src/router/filters/tree_walk.ts";

const FILTERS = [
  "a",
  "a/b",
  "a/c",
  "a/d",
  "a/+/c",
  "b/+/c",
  "c/#",
  "a/+/#",
  "+",
  "#",
  "/",
  "",
];

Deno.test("filter tree: a place is found again and knows its filter", () => {
  const tree = new FilterTree();
  const places = FILTERS.map((filter) => tree.place(filter));
  FILTERS.forEach((filter, i) => {
    assert.equal(tree.find(filter), places[i]);
    assert.equal(tree.place(filter), places[i]);
    assert.equal(pathOf(places[i]), filter);
  });
  for (const filter of ["a/b/c", "b/+", "a/+/c/d", "a/+/", "b/#", "c/+"]) {
    assert.ok(tree.find(filter) === null, filter);
  }
});

Deno.test("filter tree: nothing is left when all places are pruned", () => {
  for (const order of [FILTERS, FILTERS.toReversed()]) {
    const tree = new FilterTree();
    for (const filter of order) tree.place(filter);
    // Those in use by others below stay until these are pruned too.
    for (let round = 0; round < 3; round++) {
      for (const filter of order) {
        const place = tree.find(filter);
        if (place !== null) tree.prune(place);
      }
    }
    for (const { children, plus, rest } of [tree.root, tree.exact]) {
      assert.deepEqual([children, plus, rest], [null, null, null]);
    }
  }
});

function childrenOf({ children, plus, rest }: FilterNode): FilterNode[] {
  const exact = children instanceof LevelTable ? children.items : [children];
  return [...exact, plus, rest].filter((one) => one !== null);
}

/** Nodes below `node`; each must be needed and know its parent. */
function countBelow(node: FilterNode): number {
  let count = 0;
  for (const child of childrenOf(node)) {
    assert.equal(child.parent, node);
    const below = childrenOf(child).length;
    assert.ok(
      child.recipients !== null || below > 1 || child.rest !== null,
      `${pathOf(child)} is needed`,
    );
    count += 1 + countBelow(child);
  }
  return count;
}

const level = fc.constantFrom("", "a", "b", "ab", "a-longer-level", "+", "+");
const filter = fc.tuple(fc.array(level, { maxLength: 7 }), fc.boolean())
  .map(([levels, rest]) => (rest ? [...levels, "#"] : levels).join("/"))
  .filter((text) => text !== "");
const changes = fc.array(
  fc.record({ filter, pick: fc.nat(), adds: fc.boolean() }),
  { maxLength: 120, size: "max" },
);

Deno.test("filter tree: comings and goings leave as many nodes as are needed", () => {
  const subscriber = new CountingSubscriber();
  fc.assert(
    fc.property(changes, (changes) => {
      const table = new SubscriptionTable();
      const { tree } = table;
      const held = new Map<string, FilterNode>();
      const gone = new Map<FilterNode, string>();
      for (const { filter, pick, adds } of changes) {
        if (adds || held.size === 0) {
          held.set(filter, table.put(subscriber, filter, null, PLAIN).place);
        } else {
          const one = [...held.keys()][pick % held.size];
          gone.set(held.get(one)!, one);
          held.delete(one);
          assert.equal(table.remove(subscriber, one, null), true);
        }
        for (const [one, place] of held) {
          assert.equal(tree.find(one), place);
          assert.equal(pathOf(place), one);
          gone.delete(place);
        }
        if (!held.has(filter)) {
          assert.equal(table.remove(subscriber, filter, null), false);
        }
        // What is queued may still tell the filter it came by.
        for (const [place, one] of gone) assert.equal(pathOf(place), one);
        assert.ok(countBelow(tree.root) <= 3 * held.size);
      }
    }),
    { numRuns: 300 },
  );
});

const deepFilter = fc.tuple(
  fc.array(fc.constantFrom("a", "b", "+"), { minLength: 1, maxLength: 12 }),
  fc.boolean(),
).map(([levels, rest]) => (rest ? [...levels, "#"] : levels).join("/"));
const deepName = fc.array(fc.constantFrom("a", "a", "b"), {
  minLength: 1,
  maxLength: 13,
}).map((levels) => levels.join("/"));

Deno.test("tree walk: finds in deep trees what the plain rules find", () => {
  const subscriber = new CountingSubscriber();
  const walk = new TreeWalk();
  fc.assert(
    fc.property(
      fc.uniqueArray(deepFilter, { maxLength: 80, size: "max" }),
      fc.array(deepName, { maxLength: 20 }),
      (filters, names) => {
        const table = new SubscriptionTable();
        for (const one of filters) table.put(subscriber, one, null, PLAIN);
        for (const name of names) {
          walk.match(table.tree, name);
          const found = walk.found.slice(0, walk.count)
            .map((one) => one instanceof Subscription ? one.filter : "");
          walk.clear();
          assert.deepEqual(
            found.sort(),
            filters.filter((one) => topicMatches(one, name)).sort(),
          );
        }
      },
    ),
    { numRuns: 300 },
  );
});

Deno.test("filter tree: the levels of a filter add no node of their own", () => {
  const subscriber = new CountingSubscriber();
  const table = new SubscriptionTable();
  for (let i = 0; i < 100; i++) {
    const levels = "x/".repeat(100);
    table.put(subscriber, `+/${levels}${i}/${levels}#`, null, PLAIN);
  }
  assert.ok(countBelow(table.tree.root) <= 201);
});
