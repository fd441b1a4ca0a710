import assert from "node:assert/strict";
import { coverage } from "../../tools/statements.ts";
import { STATEMENTS_3_1_1 } from "./statements_3_1_1.ts";
import { STATEMENTS_5_0 } from "./statements_5_0.ts";

Deno.test("every normative statement has a test or an explanation", async () => {
  for (const { version, missing, unknown } of await coverage()) {
    assert.deepEqual(missing.map(({ id }) => id), [], `MQTT ${version}`);
    assert.deepEqual(unknown, [], `MQTT ${version} has no such statement`);
  }
});

Deno.test("the lists of statements are whole and name each once", () => {
  assert.equal(STATEMENTS_3_1_1.length, 141);
  assert.equal(STATEMENTS_5_0.length, 251);
  for (const statements of [STATEMENTS_3_1_1, STATEMENTS_5_0]) {
    assert.equal(
      new Set(statements.map(({ id }) => id)).size,
      statements.length,
    );
  }
});
