import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type Leveled,
  LevelTable,
} from "../../src/router/levels/level_table.ts";

class Item implements Leveled {
  constructor(readonly level: string) {}
}

function find(table: LevelTable<Item>, level: string): Item | undefined {
  // In the midst of a longer text, as it is asked for.
  return table.get(`x/${level}/x`, 2, 2 + level.length);
}

function all(table: LevelTable<Item>): Item[] {
  return table.items.filter((item) => item !== null);
}

const levels = fc.oneof(
  fc.nat({ max: 40 }).map((n) => `n${n}`),
  fc.string({ unit: "binary", maxLength: 3 }),
);

Deno.test("level table: finds what a map finds, in the same order", () => {
  fc.assert(fc.property(
    fc.array(fc.tuple(levels, fc.boolean()), { maxLength: 300 }),
    (steps) => {
      const table = new LevelTable<Item>();
      const map = new Map<string, Item>();
      for (const [level, isAdded] of steps) {
        const known = map.get(level);
        assert.equal(find(table, level), known);
        if (isAdded && known === undefined) {
          const item = new Item(level);
          table.add(item);
          map.set(level, item);
        } else if (!isAdded && known !== undefined) {
          table.remove(known);
          map.delete(level);
        }
        assert.equal(table.size, map.size);
      }
      assert.deepEqual(all(table), [...map.values()]);
      for (const [level, item] of map) assert.equal(find(table, level), item);
    },
  ));
});

Deno.test("level table: grows to many, and gives their room back", () => {
  const table = new LevelTable<Item>();
  const items: Item[] = [];
  for (let i = 0; i < 5000; i++) {
    items.push(new Item(`machine-${i}`));
    table.add(items[i]);
  }
  for (const item of items) assert.equal(find(table, item.level), item);
  assert.equal(find(table, "machine-5000"), undefined);
  for (const item of items.splice(3)) table.remove(item);
  assert.deepEqual(all(table), items);
  assert.ok(table.items.length < 20, "what is gone takes no place");
});

Deno.test("level table: comings and goings leave nothing behind", () => {
  const table = new LevelTable<Item>();
  const stays = [0, 1, 2, 3, 4, 5, 6, 7].map((n) => new Item(`stays-${n}`));
  for (const item of stays) table.add(item);
  for (let i = 0; i < 10_000; i++) {
    const item = new Item(`goes-${i}`);
    table.add(item);
    table.remove(item);
  }
  assert.deepEqual(all(table), stays);
  assert.ok(table.items.length < 40);
});

Deno.test("level table: a walk under way meets all that stay, once", () => {
  const table = new LevelTable<Item>();
  const items: Item[] = [];
  for (let i = 0; i < 100; i++) table.add(items[i] = new Item(`${i}`));
  const walked = table.items;
  const met = walked.slice(0, 50);
  for (let i = 0; i < 100; i++) if (i % 10 !== 0) table.remove(items[i]);
  for (let i = 0; i < 1000; i++) table.add(new Item(`more-${i}`));
  met.push(...walked.slice(50));
  for (let i = 0; i < 100; i += 10) {
    assert.equal(met.filter((item) => item === items[i]).length, 1);
  }
});
