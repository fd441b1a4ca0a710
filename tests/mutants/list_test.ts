import assert from "node:assert/strict";
import { mutated } from "./copy.ts";
import { MUTANTS } from "./list.ts";

Deno.test("mutants: each of the sixty still fits its source", async () => {
  assert.equal(MUTANTS.length, 60);
  for (const mutant of MUTANTS) {
    const url = new URL(`../../src/${mutant.file}`, import.meta.url);
    const text = await Deno.readTextFile(url);
    assert.notEqual(mutated(text, mutant), text);
    for (const tests of mutant.tests) {
      await Deno.stat(new URL(`../${tests}`, import.meta.url));
    }
  }
});

Deno.test("mutants: a line that is not there, or twice, is an error", () => {
  const mutant = { file: "f.ts", from: "a", to: "b", tests: [] };
  assert.equal(mutated("xax", mutant), "xbx");
  assert.throws(() => mutated("x", mutant), /0 times/);
  assert.throws(() => mutated("aa", mutant), /2 times/);
});
