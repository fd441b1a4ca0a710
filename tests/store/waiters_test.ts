import assert from "node:assert/strict";
import { Waiters } from "../../src/store/notes/waiters.ts";

Deno.test("waiters: each task runs with its batch, not with an earlier one", () => {
  const waiters = new Waiters();
  const ran: string[] = [];
  for (
    const [batch, name] of [[5, "a"], [7, "b"], [6, "c"], [5, "d"]] as const
  ) {
    waiters.add(batch, () => ran.push(name));
  }
  waiters.run(4);
  assert.deepEqual(ran, []);
  waiters.run(5);
  assert.deepEqual(ran, ["a", "d"]);
  waiters.run(7);
  assert.deepEqual(ran, ["a", "d", "c", "b"]);
  assert.equal(waiters.any, false);
});
