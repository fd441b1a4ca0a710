import assert from "node:assert/strict";
import { memoryPair } from "../../src/transport/mod.ts";
import { hex, property, toHex } from "./bytes.ts";
import { Packets } from "./packets.ts";
import { readPacket } from "./read_packet.ts";
import { settle } from "./settle.ts";
import { WireClient } from "./wire_client.ts";

Deno.test("builders make the bytes of the specification's pictures", () => {
  assert.equal(
    toHex(new Packets(4).connect({ clientId: "ab", keepAlive: 10 })),
    "10 0e 00 04 4d 51 54 54 04 02 00 0a 00 02 61 62",
  );
  assert.equal(
    toHex(new Packets(5).publish({
      topic: "t",
      payload: "p",
      qos: 1,
      id: 258,
      properties: [property.topicAlias(7)],
    })),
    "32 0a 00 01 74 01 02 03 23 00 07 70",
  );
});

Deno.test("packets are taken apart", () => {
  const packet = readPacket(hex("3b 0a 00 01 74 01 02 03 23 00 07 70"), 5);
  assert.equal(packet.topic, "t");
  assert.equal(packet.packetId, 258);
  assert.equal(packet.payload, "p");
  assert.deepEqual(packet.properties, [[0x23, 7]]);
  assert.deepEqual([packet.qos, packet.dup, packet.retain], [1, true, true]);
  assert.throws(() => readPacket(hex("d0 01 00"), 5), /behind/);
});

Deno.test("a client sends, compares what comes, and sees the close", async () => {
  const [mine, theirs] = memoryPair();
  const client = new WireClient(mine, 4);
  await client.send("c0 00");
  const chunk = new Uint8Array(10);
  assert.equal(await theirs.read(chunk), 2);
  await client.expectNothing();
  await theirs.write(hex("d0"));
  await theirs.write(hex("00 40 02 00 07"));
  await client.expect("d0 00", "40 02 .. 07");
  await assert.rejects(client.receive(), /no packet came/);
  await assert.rejects(client.expectClosed(), /still open/);
  theirs.close();
  await client.expectClosed();
  await settle();
});
