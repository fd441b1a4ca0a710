import assert from "node:assert/strict";
import fc from "fast-check";
import { topicMatches } from "../../src/mqtt/mod.ts";
import { filterMatches } from "../../src/router/filters/filter_match.ts";

const word = fc.constantFrom("", "a", "ab", "$a", "b");
const name = fc.array(word, { minLength: 1, maxLength: 4 })
  .map((levels) => levels.join("/")).filter((text) => text !== "");
const filter = fc.tuple(
  fc.array(fc.oneof(word, fc.constant("+")), { maxLength: 4 }),
  fc.boolean(),
).map(([levels, rest]) => (rest ? [...levels, "#"] : levels).join("/"))
  .filter((text) => text !== "");

Deno.test("filter match: agrees with the plain reading of the rules", () => {
  fc.assert(
    fc.property(filter, name, (filter, name) => {
      assert.equal(filterMatches(filter, name), topicMatches(filter, name));
    }),
    { numRuns: 20_000 },
  );
});
