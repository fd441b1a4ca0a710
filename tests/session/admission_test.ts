import assert from "node:assert/strict";
import { Admission } from "../../src/broker/admission.ts";
import { completeSettings } from "../../src/config/mod.ts";

function setUp(inAll: number, anAddress: number, aListener: number) {
  const { limits, listener } = completeSettings({
    limits: {
      max_connections: inAll,
      max_connections_per_address: anAddress,
    },
    listener: [
      { name: "one", max_connections: aListener },
      { name: "two", port: 1884 },
    ],
  });
  return {
    admission: new Admission(limits),
    one: listener[0],
    two: listener[1],
  };
}

Deno.test("connections in all are bounded over addresses and listeners", () => {
  const { admission, one, two } = setUp(2, 0, 0);
  assert.ok(admission.enter("a", one));
  assert.ok(admission.enter("b", two));
  assert.ok(!admission.enter("c", one));
  assert.equal(admission.limit, "limits.max_connections is 2");
  admission.leave("a", one);
  assert.equal(admission.count, 1);
  assert.ok(admission.enter("c", two));
});

Deno.test("one listener's bound holds up no other", () => {
  const { admission, one, two } = setUp(0, 0, 1);
  assert.ok(admission.enter("a", one));
  assert.ok(!admission.enter("b", one));
  assert.equal(admission.limit, "max_connections of listener one is 1");
  assert.ok(admission.enter("b", two));
  admission.leave("b", two);
  assert.ok(!admission.enter("b", one));
  admission.leave("a", one);
  assert.ok(admission.enter("b", one));
});

Deno.test("one address's bound holds up no other, and places come free", () => {
  const { admission, one } = setUp(0, 2, 0);
  for (let round = 0; round < 3; round++) {
    assert.ok(admission.enter("a", one));
    assert.ok(admission.enter("a", one));
    assert.ok(!admission.enter("a", one));
    assert.equal(
      admission.limit,
      "limits.max_connections_per_address is 2",
    );
    assert.ok(admission.enter("b", one));
    for (const host of ["a", "a", "b"]) admission.leave(host, one);
    assert.equal(admission.count, 0);
  }
});

Deno.test("whoever is refused is counted nowhere", () => {
  const { admission, one, two } = setUp(3, 1, 2);
  assert.ok(admission.enter("a", one));
  for (let at = 0; at < 5; at++) assert.ok(!admission.enter("a", one));
  assert.ok(admission.enter("b", one));
  for (let at = 0; at < 5; at++) assert.ok(!admission.enter("c", one));
  assert.ok(admission.enter("c", two));
  assert.equal(admission.count, 3);
});

Deno.test("without bounds everybody comes in", () => {
  const { admission, one } = setUp(0, 0, 0);
  for (let at = 0; at < 10_000; at++) assert.ok(admission.enter("a", one));
});
