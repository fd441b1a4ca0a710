import assert from "node:assert/strict";
import { hexByte, packetName, propertyName } from "../../src/mqtt/mod.ts";

Deno.test("names: packets and properties are called as in the specification", () => {
  assert.equal(packetName(8), "SUBSCRIBE");
  assert.equal(packetName(13), "PINGRESP");
  assert.equal(packetName(0), "packet type 0");
  assert.equal(propertyName(0x21), "Receive Maximum (0x21)");
  assert.equal(propertyName(0x0b), "Subscription Identifier (0x0B)");
  assert.equal(propertyName(0x24), "Maximum QoS (0x24)");
  assert.equal(propertyName(0x7e), "property 0x7E");
  assert.equal(hexByte(7), "0x07");
});
