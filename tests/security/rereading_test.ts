import assert from "node:assert/strict";
import { silentLog } from "../../src/broker/status/broker_log.ts";
import { Rereading } from "../../src/broker/certificates/rereading.ts";

Deno.test("what cannot be read again is told of once, until it was right", async () => {
  const told: string[] = [];
  const rereading = new Rereading("here", {
    ...silentLog,
    trouble: (what, { message }) => told.push(`${what}: ${message}`),
  }, "It stays.");
  const read = (fault: string | null) =>
    rereading.attempt(() =>
      fault === null ? Promise.resolve() : Promise.reject(new Error(fault))
    );
  await read("no key");
  await read("no key");
  assert.deepEqual(told, ["here: no key. It stays."]);
  await read("no certificate");
  assert.equal(told.length, 2, "that is another fault");
  await read(null);
  await read("no certificate");
  assert.equal(told.length, 3, "it was right meanwhile");
});
