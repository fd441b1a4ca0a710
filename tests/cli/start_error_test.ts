import assert from "node:assert/strict";
import { startError } from "../../src/cli/settings/start_error.ts";
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

Deno.test("start error: a package that cannot be downloaded: which, why, and what to do", () => {
  const error = new TypeError(
    "Failed caching npm package 'zod@4.0.0'\n" +
      "    0: error sending request for url (https://registry.example/zod)\n" +
      "    1: Network is unreachable (os error 101)\n" +
      "    at file:///x/y.ts:1:23",
  );
  const [what, toDo, ...more] = startError(error).split("\n");
  assert.match(
    what,
    /^the package zod@4\.0\.0 .*: Network is unreachable \(os error 101\)$/,
  );
  assert.match(toDo, /"deno install"/);
  assert.deepEqual(more, []);
});
