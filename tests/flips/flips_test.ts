import assert from "node:assert/strict";
import { flipBits } from "./flips.ts";

Deno.test("fault-tolerant: one flipped bit in any file loses nothing", async () => {
  let alarms = 0;
  for await (const { seed, what, loss, alarm } of flipBits(20, 3)) {
    assert.equal(loss, null, `seed ${seed}: ${what}`);
    if (alarm !== null) alarms++;
  }
  assert.ok(alarms > 0, "something was noticed");
});
