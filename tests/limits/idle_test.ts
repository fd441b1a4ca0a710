import assert from "node:assert/strict";
import { Broker } from "../../src/broker/mod.ts";
import type { Cancel, Clock, MachineRun } from "../../src/clock/mod.ts";
import { completeSettings } from "../../src/config/mod.ts";
import { memoryPair } from "../../src/transport/mod.ts";
import { property } from "../support/bytes.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { settle } from "../support/settle.ts";
import { until } from "../support/wait.ts";
import { WireClient } from "../support/wire_client.ts";

/** A clock that counts how often it wakes somebody. */
class CountingClock implements Clock {
  readonly manual = new ManualClock();
  wakes = 0;

  now(): number {
    return this.manual.now();
  }

  precise(): number {
    return this.manual.precise();
  }

  date(): number {
    return this.manual.date();
  }

  machine(): MachineRun | null {
    return this.manual.machine();
  }

  get suspended(): number {
    return this.manual.suspended;
  }

  after(ms: number, task: () => void): Cancel {
    return this.manual.after(ms, () => {
      this.wakes++;
      task();
    });
  }

  soon(task: () => void): void {
    this.manual.soon(task);
  }
}

/** Wakes in a minute: 6 for `$SYS`, 6 for housekeeping, 2 for the disk. */
const MOST = 14;

for (const mode of ["memory", "buffered"] as const) {
  Deno.test(`idle: a broker with quiet clients wakes twice in ten seconds (${mode})`, async () => {
    const folder = await Deno.makeTempDir();
    const clock = new CountingClock();
    const settings = completeSettings({
      storage: { mode, path: `${folder}/store.kv` },
      listener: [{ name: "tcp", port: 0 }],
    });
    const broker = new Broker(settings, { clock });
    await broker.start();
    for (let at = 0; at < 10; at++) {
      const [near, stream] = memoryPair();
      const peer = { hostname: "memory", port: at };
      broker.serve({ stream, peer }, settings.listener[0]);
      const client = new WireClient(near, 5);
      await client.send(client.packets.connect({
        clientId: `quiet ${at}`,
        clean: false,
        keepAlive: 3600,
        properties: [property.sessionExpiry(86_400)],
      }));
      await client.expectAck(2, 0, 0);
    }
    const minute = async () => {
      clock.wakes = 0;
      for (let second = 0; second < 60; second++) {
        clock.manual.advance(1000);
        await settle();
      }
      return clock.wakes;
    };
    await minute();
    await until("what came before is written", () => broker.unwritten === 0);
    // A busy machine may bring a write or a look at the time into a minute.
    const wakes = Math.min(await minute(), await minute(), await minute());
    assert.ok(wakes <= MOST, `${wakes} wakes`);
    const stopped = broker.stop(0);
    clock.manual.advance(5000);
    await stopped;
    await Deno.remove(folder, { recursive: true });
  });
}
