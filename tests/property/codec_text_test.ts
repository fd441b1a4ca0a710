import { strict as assert } from "node:assert";
import fc from "fast-check";
import {
  decodeDisconnect,
  encodeDisconnect,
  Frame,
  readFrame,
} from "../../src/codec/mod.ts";
import {
  decodeUtf8,
  encodeUtf8,
  isWellFormedUtf8,
  levelCount,
  parseFilter,
  ProtocolError,
  topicMatches,
  validateTopicFilter,
  validateTopicName,
} from "../../src/mqtt/mod.ts";
import { hex } from "../support/bytes.ts";

/** Bytes that are often nearly UTF-8. */
const nearlyUtf8 = fc.array(
  fc.oneof(
    fc.constantFrom(
      ...[0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1],
      ...[0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3],
      ...[0xf4, 0xf5, 0xff],
    ),
    fc.integer({ min: 0, max: 255 }),
  ),
  { maxLength: 60 },
).map((bytes) => Uint8Array.from(bytes));

/** The runtime's own strict decoder, and no U+0000 besides. */
function oracle(bytes: Uint8Array): string | null {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
      .decode(bytes);
    return text.includes("\0") ? null : text;
  } catch {
    return null;
  }
}

Deno.test("UTF-8 is judged as the runtime judges it", () => {
  const judge = (bytes: Uint8Array) => {
    const text = oracle(bytes);
    // In the middle of other bytes, so that nothing beyond the range is read.
    const chunk = Uint8Array.of(0xbf, ...bytes, 0xbf, 0xbf, 0xbf);
    const end = bytes.length + 1;
    assert.equal(isWellFormedUtf8(chunk, 1, end), text !== null);
    if (text !== null) assert.equal(decodeUtf8(chunk, 1, end), text);
    else assert.throws(() => decodeUtf8(chunk, 1, end), ProtocolError);
  };
  fc.assert(fc.property(nearlyUtf8, judge), { numRuns: 5_000 });
  fc.assert(fc.property(
    fc.string({ unit: "binary", maxLength: 100 }),
    (text) => judge(encodeUtf8(text)),
  ));
});

/** A DISCONNECT with this reason string, and the reason decoded from it. */
function reasonIn(reasonString: string): string {
  const bytes = encodeDisconnect(
    { type: 14, reasonCode: 0x87, properties: { reasonString } },
    5,
  );
  const frame = new Frame();
  readFrame(frame, bytes, 0, bytes.length, bytes.length, 5);
  return decodeDisconnect(bytes, frame, 5, true).properties.reasonString!;
}

Deno.test("a reason string of any length is encoded, cut behind a whole character", () => {
  fc.assert(fc.property(
    fc.integer({ min: 65_525, max: 65_545 }),
    fc.string({ unit: "binary", minLength: 1, maxLength: 20 })
      .filter((tail) => !tail.includes("\0")),
    (length, tail) => {
      const reason = "x".repeat(length) + tail;
      const decoded = reasonIn(reason);
      assert.ok(reason.startsWith(decoded));
      const left = 65_535 - encodeUtf8(decoded).length;
      assert.ok(left >= 0);
      const next = reason.slice(decoded.length).codePointAt(0);
      if (next === undefined) return;
      assert.ok(encodeUtf8(String.fromCodePoint(next)).length > left);
    },
  ));
});

Deno.test("UTF-8: every sequence of two bytes, and the edges of longer ones", () => {
  for (let first = 0; first < 256; first++) {
    for (let second = 0; second < 256; second++) {
      const bytes = Uint8Array.of(first, second);
      assert.equal(isWellFormedUtf8(bytes, 0, 2), oracle(bytes) !== null);
    }
  }
  const edges = "e08080 e09fbf e0a080 ed9fbf eda080 edbfbf ee8080 efbfbf " +
    "f0808080 f08fbfbf f0908080 f48fbfbf f4908080 f5808080 f8888080 " +
    "efbfbe e08f80 f09080 f0908041";
  for (const digits of edges.split(" ")) {
    const bytes = hex(digits);
    const judged = isWellFormedUtf8(bytes, 0, bytes.length);
    assert.equal(judged, oracle(bytes) !== null, digits);
  }
});

Deno.test("[MQTT-1.5.4-3] a byte order mark is kept, short or long", () => {
  for (const text of ["\ufeff", "\ufeffa", "\ufeff" + "a".repeat(100)]) {
    const bytes = encodeUtf8(text);
    assert.equal(decodeUtf8(bytes, 0, bytes.length), text);
  }
});

Deno.test("[MQTT-1.5.4-2] U+0000 is refused in short and in long text", () => {
  for (const text of ["\0", "a\0", "\0" + "a".repeat(100)]) {
    const bytes = encodeUtf8(text);
    assert.throws(
      () => decodeUtf8(bytes, 0, bytes.length),
      (error) => error instanceof ProtocolError && error.reasonCode === 0x81,
    );
  }
});

Deno.test("topic names", () => {
  for (const name of ["a", "/", "//", "a b", "$SYS/x", "a/b/c/", "é"]) {
    assert.equal(validateTopicName(name), null, name);
  }
  for (const name of ["", "+", "#", "a/+", "a/#", "a+b", "a#", "a\0"]) {
    assert.notEqual(validateTopicName(name), null, name);
  }
});

Deno.test("[MQTT-4.7.1-1] [MQTT-4.7.1-2] topic filters", () => {
  const good = "a / # + +/+ a/# +/# a/+/b a//+ /+ +/ $SYS/# $share";
  for (const filter of good.split(" ")) {
    assert.equal(validateTopicFilter(filter), null, filter);
  }
  const bad = "a# a/#/b #/ ## a/b# a+ +a a/+b/c a/b+/c ++ +# #+";
  for (const filter of ["", "a\0b", ...bad.split(" ")]) {
    assert.notEqual(validateTopicFilter(filter), null, filter);
  }
});

Deno.test("[MQTT-4.8.2-1] [MQTT-4.8.2-2] shared filters", () => {
  assert.deepEqual(parseFilter("a/+"), { group: null, filter: "a/+" });
  assert.deepEqual(parseFilter("$share/g/a/#"), { group: "g", filter: "a/#" });
  assert.deepEqual(parseFilter("$share/g//"), { group: "g", filter: "/" });
  assert.deepEqual(parseFilter("$shared/a"), {
    group: null,
    filter: "$shared/a",
  });
  const bad = "$share//x $share/a+/x $share/a#/x $share/+/x $share/g $share/ " +
    "$share/g/ $share/g/a# a# $share/g/#/a";
  for (const filter of ["", "$share/a\0/x", ...bad.split(" ")]) {
    assert.equal(parseFilter(filter), null, filter);
  }
});

Deno.test("[MQTT-4.7.1-1] [MQTT-4.7.2-1] [MQTT-4.7.3-4] matching by the book", () => {
  const yes = [
    ["sport/tennis/player1/#", "sport/tennis/player1"],
    ["sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon"],
    ["sport/#", "sport"],
    ["#", "a/b"],
    ["#", "/"],
    ["sport/tennis/+", "sport/tennis/player1"],
    ["sport/+", "sport/"],
    ["+/+", "/finance"],
    ["/+", "/finance"],
    ["+/tennis/#", "sport/tennis"],
    ["$SYS/#", "$SYS/broker/uptime"],
    ["$SYS/monitor/+", "$SYS/monitor/Clients"],
    ["a/+", "a/$b"],
    ["ACCOUNTS", "ACCOUNTS"],
  ];
  const no = [
    ["sport/tennis/+", "sport/tennis/player1/ranking"],
    ["sport/+", "sport"],
    ["+", "/finance"],
    ["+", "a/b"],
    ["#", "$SYS/a"],
    ["+/monitor/Clients", "$SYS/monitor/Clients"],
    ["ACCOUNTS", "Accounts"],
    ["a", "/a"],
    ["a", "a/"],
    ["a/b", "a"],
    ["a/b/#", "a"],
  ];
  for (const [filter, name] of yes) {
    assert(topicMatches(filter, name), `${filter} ${name}`);
  }
  for (const [filter, name] of no) {
    assert(!topicMatches(filter, name), `${filter} ${name}`);
  }
});

Deno.test("levels are counted", () => {
  for (const [text, count] of [["a", 1], ["/", 2], ["a/b/", 3]] as const) {
    assert.equal(levelCount(text), count);
  }
});
