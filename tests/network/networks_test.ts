import assert from "node:assert/strict";
import fc from "fast-check";
import {
  formatAddress,
  Networks,
  parseAddress,
  parseNetwork,
  plainAddress,
  subscriberOf,
} from "../../src/network/mod.ts";

Deno.test("network: addresses are read and written as RFC 5952 has them", () => {
  const same = [
    "192.0.2.7",
    "0.0.0.0",
    "::",
    "::1",
    "2001:db8::1",
    "2001:db8:0:1:1:1:1:1",
    "fe80::1:0:0:1",
    "1:2:3:4:5:6:7:8",
  ];
  for (const text of same) {
    assert.equal(formatAddress(parseAddress(text)!), text);
  }
  const other = [
    ["2001:DB8:0:0:0:0:0:1", "2001:db8::1"],
    ["::ffff:192.0.2.7", "192.0.2.7"],
    ["fe80::1%eth0", "fe80::1"],
    ["::192.0.2.1", "::c000:201"],
    ["1::", "1::"],
  ];
  for (const [text, short] of other) {
    assert.equal(formatAddress(parseAddress(text)!), short);
  }
});

Deno.test("network: a subscriber has an IPv4 address or 64 bits of IPv6", () => {
  const cases = [
    ["192.0.2.7", "192.0.2.7"],
    ["::ffff:192.0.2.7", "192.0.2.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"],
    ["2001:db8:1:2::", "2001:db8:1:2::"],
    ["fe80::1%eth0", "fe80::"],
    ["::1", "::"],
    ["memory", "memory"],
    ["a:b", "a:b"],
  ];
  for (const [address, subscriber] of cases) {
    assert.equal(subscriberOf(address), subscriber);
  }
});

Deno.test("network: what is no address", () => {
  const wrong = [
    "",
    "1.2.3",
    "1.2.3.256",
    "1.2.3.04",
    "1.2.3.4.5",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1::2::3",
    "12345::",
    ":::",
    "g::",
    "1:2:3:4:5:6:7:8::",
    "::1.2.3.4.5",
    "1.2.3.4::",
    "localhost",
    " 1.2.3.4",
  ];
  for (const text of wrong) assert.equal(parseAddress(text), null, text);
});

Deno.test("network: any 16 bytes survive being written and read", () => {
  fc.assert(fc.property(
    fc.uint8Array({ minLength: 16, maxLength: 16 }),
    fc.nat({ max: 15 }),
    (bytes, zeros) => {
      bytes.fill(0, zeros, zeros + 6);
      assert.deepEqual(parseAddress(formatAddress(bytes)), bytes);
    },
  ));
});

Deno.test("network: an address is in a network, or not", () => {
  const cases: [network: string, address: string, isIn: boolean][] = [
    ["10.0.0.0/8", "10.255.0.1", true],
    ["10.0.0.0/8", "11.0.0.0", false],
    ["10.0.0.0/8", "::ffff:10.1.2.3", true],
    ["::ffff:10.0.0.0/104", "10.1.2.3", true],
    ["192.0.2.128/25", "192.0.2.127", false],
    ["192.0.2.128/25", "192.0.2.128", true],
    ["192.0.2.7", "192.0.2.7", true],
    ["192.0.2.7", "192.0.2.6", false],
    ["0.0.0.0/0", "203.0.113.9", true],
    ["0.0.0.0/0", "2001:db8::1", false],
    ["::/0", "2001:db8::1", true],
    ["::/0", "203.0.113.9", false],
    ["2001:db8::/33", "2001:db8:7fff::", true],
    ["2001:db8::/33", "2001:db8:8000::", false],
    ["::1", "::1", true],
    ["::1", "unix", false],
  ];
  for (const [network, address, isIn] of cases) {
    assert.equal(
      new Networks([network]).has(address),
      isIn,
      `${address} in ${network}`,
    );
  }
  assert.ok(new Networks(["192.0.2.0/24", "::1"]).has("::1"));
  assert.ok(new Networks([]).isEmpty);
});

Deno.test("network: what is no network", () => {
  const wrong = [
    "10.0.0.1/8",
    "10.0.0.0/33",
    "::/129",
    "::1/64",
    "10.0.0.0/",
    "10.0.0.0/08x",
    "all",
    "fe80::1%eth0/64",
  ];
  for (const text of wrong) assert.equal(parseNetwork(text), null, text);
  assert.throws(() => new Networks(["all"]), RangeError);
});

Deno.test("network: IPv4 within IPv6 is known by its plain address", () => {
  assert.equal(plainAddress("::ffff:192.0.2.1"), "192.0.2.1");
  assert.equal(plainAddress("2001:db8::1"), "2001:db8::1");
});
