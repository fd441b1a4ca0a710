import assert from "node:assert/strict";
import { startError } from "../../src/cli/start_error.ts";
import { StoreError } from "../../src/store/mod.ts";

const advice = {
  locked: /storage\.path=FOLDER/,
  newer: /start that version again/,
  corrupt: /dunlin store restore FILE/,
  failing: /this user may write there/,
} as const;

for (const [fault, pattern] of Object.entries(advice)) {
  Deno.test(`start error: a store that is ${fault}: what, and what to do`, () => {
    const error = new StoreError(fault as keyof typeof advice, "what it is");
    const [what, toDo, ...more] = startError(error).split("\n");
    assert.equal(what, "what it is");
    assert.match(toDo, pattern);
    assert.deepEqual(more, []);
  });
}

Deno.test("start error: a mistake of our own is shown with its stack", () => {
  assert.match(startError(new TypeError("x")), /^TypeError: x\n +at /);
});
