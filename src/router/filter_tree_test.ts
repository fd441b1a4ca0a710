import assert from "node:assert/strict";
import { FilterTree } from "./filter_tree.ts";
import { pathOf } from "./level_node.ts";

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
  assert.equal(tree.find("a/b/c"), null);
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
