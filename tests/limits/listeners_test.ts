import assert from "node:assert/strict";
import { Broker } from "../../src/broker/mod.ts";
import { completeSettings } from "../../src/config/mod.ts";
import { memoryPair } from "../../src/transport/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";
import type { Version } from "../support/packets.ts";
import { propertyOf } from "../support/read_packet.ts";
import { settle } from "../support/settle.ts";
import { WireClient } from "../support/wire_client.ts";

Deno.test("each listener has limits of its own over one set of sessions", async () => {
  const settings = completeSettings({
    sys: { interval: 0 },
    limits: { receive_maximum: 50, max_packet_size: 5000 },
    listener: [
      { name: "open" },
      {
        name: "narrow",
        port: 1884,
        versions: ["5.0"],
        max_connections: 1,
        max_packet_size: 1500,
        max_keep_alive: 30,
        max_qos: 1,
        retain_available: false,
        receive_maximum: 5,
        topic_alias_maximum: 2,
        connect_timeout: 300,
      },
    ],
  });
  const clock = new ManualClock();
  const broker = new Broker(settings, { clock });
  const open = (listener: number, version: Version = 5) => {
    const [mine, theirs] = memoryPair();
    const peer = { hostname: "127.0.0.1", port: 1 };
    broker.serve({ stream: theirs, peer }, settings.listener[listener]);
    return new WireClient(mine, version);
  };
  const told = async (client: WireClient) => {
    await client.send(client.packets.connect({ clientId: "c", keepAlive: 60 }));
    const connack = await client.receive();
    return [0x21, 0x22, 0x24, 0x25, 0x27, 0x13].map((id) =>
      propertyOf(connack, id)
    );
  };
  const wide = open(0);
  assert.deepEqual(await told(wide), [
    50,
    100,
    undefined,
    undefined,
    5000,
    undefined,
  ]);
  const narrow = open(1);
  assert.deepEqual(await told(narrow), [5, 2, 1, 0, 1500, 30]);
  // The same client id: one session, whichever way it came in.
  await wide.expectDisconnect(0x8e);
  await open(1).expectClosed();
  const silent = open(0);
  await narrow.disconnect();
  const other = open(1);
  await settle();
  clock.advance(400);
  await other.expectClosed();
  await silent.expectNothing();
  const old = open(1, 4);
  await old.send(old.packets.connect());
  await old.expectRefused(1);
  const done = broker.stop(100);
  await settle();
  clock.advance(3000);
  await done;
});
