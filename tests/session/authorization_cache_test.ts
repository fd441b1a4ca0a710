import assert from "node:assert/strict";
import fc from "fast-check";
import { RIGHTS_END } from "../../src/security/mod.ts";
import { AuthorizationCache } from "../../src/session/core/authorization_cache.ts";

const rightsOf = (topic: number, session: number) =>
  (topic * 31 + session * 7) % RIGHTS_END;

Deno.test("known rights: what is found is what was noted of that pair", () => {
  const pair = fc.record({
    topic: fc.oneof(
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 2 ** 31 - 2, max: 2 ** 31 + 2 }),
    ),
    session: fc.oneof(
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 2 ** 34 - 5, max: 2 ** 34 - 1 }),
    ),
  });
  fc.assert(
    fc.property(fc.array(pair, { maxLength: 4000, size: "max" }), (pairs) => {
      const known = new AuthorizationCache();
      for (const { topic, session } of pairs) {
        const expected = rightsOf(topic, session);
        const found = known.find(topic, session);
        if (found === -1) known.note(topic, session, expected);
        else assert.equal(found, expected);
        assert.equal(known.find(topic, session), expected);
      }
      known.clear();
      for (const { topic, session } of pairs) {
        assert.equal(known.find(topic, session), -1);
      }
    }),
    { numRuns: 30 },
  );
});

Deno.test("known rights: one topic for many, and many topics for one, all stay known", () => {
  for (const many of [500, 5000, 50_000]) {
    for (const isTopic of [true, false]) {
      const known = new AuthorizationCache();
      for (let n = 1; n <= many; n++) {
        const [topic, session] = isTopic ? [n, 77] : [77, n];
        known.note(topic, session, rightsOf(topic, session));
      }
      let forgotten = 0;
      for (let n = 1; n <= many; n++) {
        const [topic, session] = isTopic ? [n, 77] : [77, n];
        if (known.find(topic, session) === -1) forgotten++;
      }
      assert.ok(forgotten <= many / 100, `${forgotten} of ${many}`);
      // As large as they need, not as large as it may be.
      assert.ok(known.capacity <= Math.max(1024, many * 4));
    }
  }
});

Deno.test("known rights: however many there are, the table has a bound", () => {
  const known = new AuthorizationCache();
  for (let topic = 1; topic <= 1500; topic++) {
    for (let session = 1; session <= 1000; session++) {
      known.note(topic, session, 1);
    }
  }
  assert.equal(known.capacity, 2 ** 20);
  assert.ok(known.size <= 2 ** 20);
  assert.equal(known.find(1500, 1000), 1);
});
