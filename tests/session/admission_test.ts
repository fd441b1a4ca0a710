import assert from "node:assert/strict";
import { Admission } from "../../src/broker/listeners/admission.ts";
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
  const first = admission.enter("a", one)!;
  assert.ok(admission.enter("b", two));
  assert.ok(!admission.enter("c", one));
  assert.equal(admission.limit, "limits.max_connections is 2");
  admission.leave(first);
  assert.equal(admission.count, 1);
  assert.ok(admission.enter("c", two));
});

Deno.test("one listener's bound holds up no other", () => {
  const { admission, one, two } = setUp(0, 0, 1);
  const first = admission.enter("a", one)!;
  assert.ok(!admission.enter("b", one));
  assert.equal(admission.limit, "max_connections of listener one is 1");
  admission.leave(admission.enter("b", two)!);
  assert.ok(!admission.enter("b", one));
  admission.leave(first);
  assert.ok(admission.enter("b", one));
});

Deno.test("one address's bound holds up no other, and places come free", () => {
  const { admission, one } = setUp(0, 2, 0);
  for (let round = 0; round < 3; round++) {
    const entries = [admission.enter("a", one)!, admission.enter("a", one)!];
    assert.ok(!admission.enter("a", one));
    assert.equal(
      admission.limit,
      "limits.max_connections_per_address is 2",
    );
    entries.push(admission.enter("b", one)!);
    for (const entry of entries) admission.leave(entry);
    assert.equal(admission.count, 0);
  }
});

Deno.test("addresses of one IPv6 network share a bound, and leave it together", () => {
  const { admission, one } = setUp(0, 2, 0);
  for (let round = 0; round < 3; round++) {
    const first = admission.enter("2001:db8:0:1::1", one)!;
    const second = admission.enter("2001:db8:0:1:ffff::2", one)!;
    assert.ok(!admission.enter("2001:db8:0:1::3", one));
    const other = admission.enter("2001:db8:0:2::1", one)!;
    for (const entry of [first, second, other]) admission.leave(entry);
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

Deno.test("limits that become others count those who are in already", () => {
  const { admission, one, two } = setUp(0, 0, 0);
  const { limits } = completeSettings({
    limits: { max_connections_per_address: 2 },
  });
  const entries = [admission.enter("a", one)!, admission.enter("a", two)!];
  admission.limits = limits;
  assert.equal(admission.enter("a", one), null);
  admission.leave(entries.pop()!);
  assert.ok(admission.enter("a", one));
});

Deno.test("a listener with another name keeps those who came in by it", () => {
  const { admission, one, two } = setUp(0, 0, 1);
  const entry = admission.enter("a", one)!;
  // The second takes over the name of the first, which is called otherwise.
  const renamed = { ...one, name: "first" };
  admission.rename([["one", "first"], ["two", "one"]]);
  assert.equal(admission.enter("b", renamed), null);
  const bounded = { ...two, name: "one", max_connections: 1 };
  assert.ok(admission.enter("b", bounded));
  admission.leave(entry);
  assert.ok(admission.enter("b", renamed));
});
