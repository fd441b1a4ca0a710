import assert from "node:assert/strict";
import { property } from "../support/bytes.ts";
import { propertyOf } from "../support/read_packet.ts";
import { conformance, eachVersion } from "../support/test_broker.ts";
import { drops, SYS_INTERVAL } from "./sys_figures.ts";

eachVersion(
  "a packet of max_packet_size bytes is taken, one byte more is too much",
  async (broker, version) => {
    const client = await broker.connect(version);
    await client.subscribe(["t"]);
    const empty = client.packets.publish({
      topic: "t",
      payload: "x".repeat(900),
    });
    const payload = "x".repeat(900 + 2000 - empty.length);
    const fits = client.packets.publish({ topic: "t", payload });
    assert.equal(fits.length, 2000);
    await client.send(fits);
    assert.equal((await client.receivePublish()).payload, payload);
    await client.send(
      client.packets.publish({ topic: "t", payload: `${payload}x` }),
    );
    await client.expectDisconnect(0x95);
  },
  { limits: { max_packet_size: 2000 } },
);

conformance(
  "max_packet_size is told in CONNACK, and holds for CONNECT itself",
  async (broker) => {
    const { connack } = await broker.join(5);
    assert.equal(propertyOf(connack, 0x27), 2000);
    const client = broker.open(5);
    await client.send(client.packets.connect({ username: "x".repeat(2000) }));
    await client.receiveAll();
    assert.ok(client.closed);
  },
  { limits: { max_packet_size: 2000 } },
);

conformance(
  "what is larger than a client's own maximum is dropped for it alone, counted, and its place in the window is free",
  async (broker) => {
    const small = await broker.connect(5, {
      clientId: "small",
      properties: [property.maximumPacketSize(100), property.receiveMaximum(1)],
    });
    await small.subscribe([["t", 2]]);
    const large = await broker.connect(4, "large");
    await large.subscribe([["t", 2]]);
    const other = await broker.connect(5, "publisher");
    for (const qos of [0, 1, 2, 1, 2]) {
      const id = 10;
      await other.publish({ topic: "t", payload: "x".repeat(200), qos, id });
      await other.receiveAll();
      await other.send("62 02 00 0a");
      await other.receiveAll();
    }
    await small.expectNothing();
    assert.equal((await large.receiveAll()).length, 5);
    await other.publish({ topic: "t", payload: "fits", qos: 1, id: 11 });
    assert.equal((await small.receivePublish()).payload, "fits");
    assert.deepEqual(await drops(broker), { "packet-too-large": 5 });
  },
  { sys: { interval: SYS_INTERVAL } },
);
