import assert from "node:assert/strict";
import { Broker } from "../../src/broker/mod.ts";
import { SystemClock } from "../../src/clock/mod.ts";
import { completeSettings } from "../../src/config/mod.ts";
import { MqttJsClient } from "./mqttjs_client.ts";

/** Runs a broker on a store, with a listener in the plain and two mounted. */
async function running(
  path: string,
  body: (ports: readonly number[]) => Promise<void>,
): Promise<void> {
  const settings = completeSettings({
    sys: { interval: 0 },
    storage: { mode: "durable", path },
    listener: [
      { name: "plain", port: 0 },
      { name: "north", port: 0, mount_point: "north/" },
      { name: "south", port: 0, mount_point: "south/" },
    ],
  });
  const broker = new Broker(settings, { clock: new SystemClock() });
  try {
    await body((await broker.start()).map(({ port }) => port));
  } finally {
    await broker.stop(1000);
  }
}

function connect(
  port: number,
  clientId: string,
  clean: boolean,
): Promise<MqttJsClient> {
  const transport = "tcp";
  return MqttJsClient.connect({ transport, port, version: 5, clientId, clean });
}

Deno.test("mount point: what waits on disk is found by its listener, and by no other", async () => {
  const path = await Deno.makeTempDir({ prefix: "dunlin-mount-" });
  try {
    await running(path, async ([plain, north]) => {
      const stays = await connect(north, "stays", false);
      await stays.subscribe("q/#", 1);
      await stays.disconnect();
      const moves = await connect(north, "moves", false);
      await moves.subscribe("q/#", 1);
      await moves.disconnect();
      const other = await connect(plain, "other", true);
      await other.publish("north/q/1", "x", 1, true);
      await other.disconnect();
    });
    await running(path, async ([plain, north, south]) => {
      const stays = await connect(north, "stays", false);
      assert.equal(stays.sessionPresent, true);
      assert.equal((await stays.next()).topic, "q/1");
      const moves = await connect(south, "moves", false);
      assert.equal(moves.sessionPresent, false);
      const other = await connect(plain, "other", true);
      await other.publish("north/q/2", "x", 1);
      assert.equal((await stays.next()).topic, "q/2");
      const late = await connect(north, "late", true);
      await late.subscribe("#", 1);
      assert.equal((await late.next()).topic, "q/1");
      // Nothing of the north comes before what is its own.
      await moves.subscribe("#", 1);
      await other.publish("south/end", "x", 1);
      assert.equal((await moves.next()).topic, "end");
      for (const one of [stays, moves, other, late]) await one.disconnect();
    });
  } finally {
    await Deno.remove(path, { recursive: true });
  }
});
