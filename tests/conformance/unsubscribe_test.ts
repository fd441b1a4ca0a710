import assert from "node:assert/strict";
import { puback, pubcomp, pubrec } from "../support/packets.ts";
import { eachVersion } from "../support/test_broker.ts";

// Sections 3.10 and 3.11: UNSUBSCRIBE and UNSUBACK.

eachVersion(
  "3.1.1 [MQTT-3.10.4-1] 5.0 [MQTT-3.10.4-1] only a filter that is exactly the same is deleted",
  async (broker, version) => {
    const client = await broker.connect(version);
    await client.subscribe(["a/+", "a/b"]);
    const others = ["a/#", "#", "A/+", "a/c", "a", "a/b/"];
    await client.send(client.packets.unsubscribe(1, others));
    await client.expectAck(11, 1);
    await client.publish({ topic: "a/x" });
    assert.equal((await client.receivePublish()).topic, "a/x");
    await client.send(client.packets.unsubscribe(2, ["a/+"]));
    await client.expectAck(11, 2);
    await client.publish({ topic: "a/x" });
    await client.expectNothing();
    await client.publish({ topic: "a/b" });
    assert.equal((await client.receivePublish()).topic, "a/b");
  },
);

eachVersion(
  "3.1.1 [MQTT-3.10.4-2] 5.0 [MQTT-3.10.4-2] nothing new comes after UNSUBSCRIBE",
  async (broker, version) => {
    const client = await broker.connect(version);
    await client.subscribe([["t", 1]]);
    await client.send(
      client.packets.unsubscribe(1, ["t"]),
      client.packets.publish({ topic: "t", qos: 1, id: 2 }),
    );
    await client.expectAck(11, 1);
    await client.expectAck(4, 2);
    await client.expectNothing();
  },
);

eachVersion(
  "3.1.1 [MQTT-3.10.4-3] 5.0 [MQTT-3.10.4-3] deliveries begun are completed after UNSUBSCRIBE",
  async (broker, version) => {
    const stay = {
      clientId: "subscriber",
      clean: false,
      properties: version === 5 ? ["11 00 00 00 64"] : [],
    };
    const client = await broker.connect(version, stay);
    await client.subscribe([["t", 2]]);
    const other = await broker.connect(version, "publisher");
    await other.publish({ topic: "t", qos: 1, id: 1 });
    await other.publish({ topic: "t", qos: 2, id: 2 });
    const [first, second] = await client.receiveAll();
    await client.send(client.packets.unsubscribe(1, ["t"]));
    await client.expectAck(11, 1);
    await client.drop();
    const again = await broker.connect(version, stay);
    const resent = await again.receiveAll();
    assert.deepEqual(
      resent.map((one) => [one.packetId, one.dup]),
      [[first.packetId, true], [second.packetId, true]],
    );
    await again.send(puback(first.packetId), pubrec(second.packetId));
    await again.expectAck(6, second.packetId);
    await again.send(pubcomp(second.packetId));
    await again.expectNothing();
  },
);

eachVersion(
  "3.1.1 [MQTT-3.10.4-5] 5.0 [MQTT-3.10.4-5] UNSUBACK comes also when nothing was deleted",
  async (broker, version) => {
    const client = await broker.connect(version);
    await client.send(client.packets.unsubscribe(0x1234, ["nothing"]));
    await client.expect(version === 5 ? "b0 04 12 34 00 11" : "b0 02 12 34");
  },
);

eachVersion(
  "3.1.1 [MQTT-3.10.4-6] 5.0 [MQTT-3.10.4-6] [MQTT-3.11.3-1] [MQTT-3.11.3-2] many filters: one UNSUBACK, in 5.0 with a code for each in their order",
  async (broker, version) => {
    const client = await broker.connect(version);
    await client.subscribe(["a", "b/#", "$share/g/c"]);
    const filters = ["x", "a", "a", "$share/g/c", "c", "b/#"];
    await client.send(client.packets.unsubscribe(7, filters));
    await client.expect(
      version === 5 ? "b0 09 00 07 00 11 00 11 00 11 00" : "b0 02 00 07",
    );
    for (const topic of ["a", "b/x", "c"]) await client.publish({ topic });
    await client.expectNothing();
  },
);
