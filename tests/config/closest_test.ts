import assert from "node:assert/strict";
import { closest } from "../../src/config/text/closest.ts";

const words = ["max_inflight", "max_connections", "port", "bind", "path"];

const cases: readonly [word: string, meant: string | undefined][] = [
  ["max_inflght", "max_inflight"],
  ["max_inflihgt", "max_inflight"],
  ["MAX_INFLIGHT", "max_inflight"],
  ["prot", "port"],
  ["bnd", "bind"],
  ["maxconnections", "max_connections"],
  ["colour", undefined],
  ["x", undefined],
  ["", undefined],
];
for (const [word, meant] of cases) {
  Deno.test(`closest: "${word}" was meant to be ${meant}`, () => {
    assert.equal(closest(word, words), meant);
  });
}

Deno.test("closest: the nearer of two is taken", () => {
  assert.equal(closest("port", ["sort", "ports", "port"]), "port");
});
