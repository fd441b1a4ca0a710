import { strict as assert } from "node:assert";
import { TestBroker } from "../support/test_broker.ts";

Deno.test("a connection ended in the middle of a read shares no buffer with others", async () => {
  const broker = new TestBroker();
  const subscriber = await broker.connect(4, "subscriber");
  await subscriber.subscribe(["a", "b"]);
  const bad = await broker.connect(4, "bad");
  // Reserved packet type 0, and more bytes than an idle read buffer takes.
  await bad.send(new Uint8Array(1000));
  await bad.expectClosed();
  const first = await broker.connect(4, "first");
  const second = await broker.connect(4, "second");
  const one = first.packets.publish({ topic: "a", payload: "of the first" });
  const two = second.packets.publish({ topic: "b", payload: "of another!!" });
  // Two half packets must wait in two buffers.
  await first.send(one.subarray(0, 12));
  await second.send(two.subarray(0, 12));
  await first.send(one.subarray(12));
  await second.send(two.subarray(12));
  for (const payload of ["of the first", "of another!!"]) {
    assert.equal((await subscriber.receivePublish()).payload, payload);
  }
  await broker.stop();
});
