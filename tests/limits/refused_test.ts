import assert from "node:assert/strict";
import { silentLog } from "../../src/broker/status/broker_log.ts";
import { Broker } from "../../src/broker/mod.ts";
import { completeSettings } from "../../src/config/mod.ts";
import { memoryPair } from "../../src/transport/mod.ts";
import { readToEnd } from "../support/listening.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { Inbox } from "../support/wait.ts";
import { WireClient } from "../support/wire_client.ts";

const local = { bind: "127.0.0.1", port: 0 };

Deno.test("limits: who is refused before MQTT is counted by reason and told with the address", async () => {
  const clock = new ManualClock();
  const troubles = new Inbox<string>("a refusal in the log");
  const settings = completeSettings({
    storage: { mode: "memory" },
    listener: [
      {
        ...local,
        name: "behind",
        proxy_protocol: true,
        trusted_proxies: ["127.0.0.1"],
      },
      { ...local, name: "far", allowed_networks: ["192.0.2.0/24"] },
    ],
  });
  const broker = new Broker(settings, {
    clock,
    log: {
      ...silentLog,
      event: (_level, event, { listener, from, text }) =>
        troubles.push(`${event} ${listener} ${from}: ${text}`),
    },
  });
  const [behind, distant] = await broker.start();
  const refused = async (port: number, bytes: number[]) => {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port });
    if (bytes.length > 0) await conn.write(new Uint8Array(bytes));
    const told = await troubles.next();
    await readToEnd(conn);
    conn.close();
    return told;
  };
  const from = "127\\.0\\.0\\.1:\\d+:";
  assert.match(
    await refused(behind.port, [0x10, 12]),
    new RegExp(
      `^refused behind ${from} a trusted proxy must begin with a PROXY`,
    ),
  );
  assert.match(
    await refused(distant.port, []),
    new RegExp(`^refused far ${from} 127.0.0.1 is in none of allowed_net`),
  );
  // The next report of $SYS is ten seconds away.
  clock.advance(10_000);
  const [near, far] = memoryPair();
  const peer = { hostname: "memory", port: 1 };
  broker.serve({ stream: far, peer }, settings.listener[1]);
  const client = new WireClient(near, 4);
  await client.send(client.packets.connect({ clientId: "reader" }));
  await client.receive();
  for (const reason of ["proxy-header", "network-refused"]) {
    await client.subscribe([[`$SYS/broker/clients/closed/${reason}`, 0]]);
    const { payload } = await client.receive();
    assert.equal(payload, "1");
  }
  near.close();
  const stopped = broker.stop(1000);
  clock.advance(5000);
  await stopped;
});
