import { strict as assert } from "node:assert";
import { ConnectError } from "../../src/codec/mod.ts";
import { field, packet, property, u8 } from "../support/bytes.ts";
import {
  accepts,
  connect,
  connect5,
  malformed,
  refuses,
  violation,
} from "./codec_refusals.ts";
import { decodeWhole } from "./codec_support.ts";

refuses(
  "CONNECT with flags that do not fit",
  malformed(/reserved bit/, connect("MQTT", 4, 0x03, field("id"))),
  malformed(/reserved bit/, connect("MQTT", 5, 0x03, "00", field("id"))),
  malformed(/without Will Flag/, connect("MQTT", 4, 0x0a, field("id"))),
  malformed(/without Will Flag/, connect("MQTT", 4, 0x12, field("id"))),
  malformed(/without Will Flag/, connect("MQTT", 4, 0x22, field("id"))),
  malformed(
    /Will QoS 3/,
    connect("MQTT", 4, 0x1e, field("id"), field("w"), field("")),
  ),
  violation(
    /password but no user/,
    connect("MQTT", 4, 0x42, field("id"), field("secret")),
  ),
  violation(
    /password but no user/,
    connect("MQIsdp", 3, 0x42, field("id"), field("secret")),
  ),
);

refuses(
  "CONNECT that ends too early",
  malformed(/end inside/, packet(0x10)),
  malformed(/end inside/, packet(0x10, field("MQTT"))),
  malformed(/end inside/, packet(0x10, field("MQTT"), "04 02 00")),
  malformed(/end inside/, connect("MQTT", 4, 2)),
  malformed(/end inside/, connect("MQTT", 4, 0x82, field("id"))),
  malformed(/end inside/, connect("MQTT", 4, 6, field("id"), field("w"))),
);

accepts(
  "what 5.0 and 3.1 allow in CONNECT and 3.1.1 does not",
  [5],
  // A password without a user name.
  connect("MQTT", 5, 0x42, "00", field("id"), field("secret")),
  // Flags set, but the fields left out (MQTT 3.1, 3.1), and bit 0 set.
  connect("MQIsdp", 3, 0xc2, field("id")),
  connect("MQIsdp", 3, 0xc2, field("id"), field("user")),
  connect("MQIsdp", 3, 0x03, field("id")),
);

Deno.test("accepts a bridge's mark in the protocol version", () => {
  const levels = [["MQIsdp", 3], ["MQTT", 4], ["MQTT", 5]] as const;
  for (const [name, level] of levels) {
    const properties = level === 5 ? "00" : "";
    const bytes = connect(name, level | 0x80, 2, properties, field("b"));
    const decoded = decodeWhole(bytes, 4);
    assert(decoded.type === 1);
    assert.equal(decoded.bridge, true);
    assert.equal(decoded.version, level);
    const plain = decodeWhole(
      connect(name, level, 2, properties, field("x")),
      4,
    );
    assert(plain.type === 1 && !plain.bridge);
  }
});

Deno.test("[MQTT-3.1.2-2] a version there is not: 0x84, and which to answer in", () => {
  const rows = [
    ["MQTT", 6, 0x84, 5],
    ["MQTT", 0x86, 0x84, 5],
    ["MQTT", 3, 0x84, 4],
    ["MQTT", 0, 0x84, 4],
    ["MQIsdp", 4, 0x84, 4],
    ["MQIsdp", 5, 0x84, 4],
    ["mqtt", 4, 0x81, null],
    ["HTTP", 5, 0x81, null],
    ["", 5, 0x81, null],
  ] as const;
  for (const [name, level, code, answer] of rows) {
    // What follows the version is nonsense, and is not looked at.
    const bytes = packet(0x10, field(name), u8(level), "ff");
    assert.throws(() => decodeWhole(bytes, 4), (error) => {
      assert(error instanceof ConnectError);
      assert.equal(error.reasonCode, code, `${name} ${level}`);
      assert.equal(error.version, answer, `${name} ${level}`);
      return true;
    });
  }
});

Deno.test("a CONNECT that is refused for its body tells its version", () => {
  const rows = [
    [connect("MQIsdp", 3, 2, field("id"), "00"), 3],
    [connect("MQTT", 4, 3, field("id")), 4],
    [connect5(property.receiveMaximum(0)), 5],
  ] as const;
  for (const [bytes, version] of rows) {
    assert.throws(() => decodeWhole(bytes, 4), (error) => {
      assert(error instanceof ConnectError);
      assert.equal(error.version, version);
      return true;
    });
  }
});
