import assert from "node:assert/strict";
import { openStore } from "../../src/store/mod.ts";
import { settings } from "../store/settings.ts";
import { message, World } from "../store/world.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { place, testOnDisk } from "./disk_place.ts";
import { Talker } from "./talker.ts";
import { pause } from "./time.ts";

const ALARM = "$SYS/broker/alarm/disk";

/** Publishes until that is a success again. */
async function publishUntilTaken(publisher: Talker, payload: string) {
  for (let at = 0; at < 2000; at++) {
    const { code } = await publisher.publish({ topic: "t/2", payload });
    if (code < 0x80) return;
    assert.equal(code, 0x97);
    await pause(10);
  }
  throw new Error("it was not taken any more");
}

for (const mode of ["buffered", "durable", "fault-tolerant"]) {
  testOnDisk(
    `${mode}: a start without a free byte, and room again`,
    async (disk) => {
      await using broker = await place(mode, disk);
      await broker.start();
      const { port } = broker;
      const away = (await Talker.connect(port, 5, "away")).talker;
      await away.subscribe("t/#", 1);
      await away.close();
      const five = (await Talker.connect(port, 5, "five")).talker;
      await five.publish({ topic: "t/1", payload: "kept", retain: true });
      await five.close();
      await broker.stop();

      await disk.fill();
      await broker.start();
      const reader = (await Talker.connect(port, 4, "reader", true)).talker;
      await reader.subscribe("t/#", 0);
      assert.equal(await reader.next(), "kept", "what is retained");
      await reader.subscribe(ALARM, 0);
      assert.match(await reader.next(), /the disk is full: 0 bytes are left/);
      const again = await Talker.connect(port, 5, "five");
      const { code } = await again.talker.publish({
        topic: "t/2",
        payload: "no",
      });
      assert.equal(code, 0x97);
      const back = await Talker.connect(port, 5, "away");
      assert.equal(back.connack.sessionPresent, true);
      assert.equal(await back.talker.next(), "kept", "what waited");
      await back.talker.close();

      await disk.clear();
      await publishUntilTaken(again.talker, "there is room");
      await again.talker.close();
      await reader.close();
      await broker.stop();
      await broker.start();
      const last = await Talker.connect(port, 5, "away");
      assert.equal(last.connack.sessionPresent, true);
      while (await last.talker.next() !== "there is room");
      await last.talker.close();
      await broker.stop();
    },
  );
}

testOnDisk(
  "a stop on a full disk says what was not written, where, and ends with 1",
  async (disk) => {
    await using broker = await place("buffered", disk);
    // The last flush is that of the stop.
    await broker.start("storage.flush_interval=1m");
    const away = (await Talker.connect(broker.port, 5, "away")).talker;
    await away.subscribe("t/#", 1);
    const five = (await Talker.connect(broker.port, 5, "five")).talker;
    await five.publish({ topic: "t/1", payload: "x".repeat(100_000) });
    await disk.fill();
    const { code, said } = await broker.end();
    await away.close();
    await five.close();
    assert.equal(code, 1);
    assert.match(said, /the last changes \(about \d+\) could not be written/);
    assert.ok(said.includes(`${disk.path}/store.kv`), said);
    assert.match(said, /disk is full.*\n {2}they are lost.*make room/s);
    assert.doesNotMatch(said, / at .*\.ts:/, "no stack");
  },
);

testOnDisk(
  "a stop that is cut short says what was not written, and ends with 1",
  async (disk) => {
    await using broker = await place("buffered", disk);
    await broker.start("storage.flush_interval=1m", "shutdown.timeout=100ms");
    const away = (await Talker.connect(broker.port, 5, "away")).talker;
    await away.subscribe("t/#", 1);
    await away.close();
    // Somebody else writes to the file, and does not come to an end.
    const { DatabaseSync } = await import("node:sqlite");
    const other = new DatabaseSync(`${disk.path}/store.kv`);
    other.exec("BEGIN IMMEDIATE");
    const { code, said } = await broker.end();
    other.exec("ROLLBACK");
    other.close();
    assert.equal(code, 1);
    assert.match(said, /longer than 100 ms \(shutdown\.timeout\)/);
    assert.match(said, /the last changes \(about \d+\) are not in .*store\.kv/);
  },
);

testOnDisk(
  "a stop that is cut short when all is written speaks of no lost changes",
  async (disk) => {
    await using broker = await place("durable", disk);
    // Written long ago: the stop has nothing to write but the time.
    const path = `${disk.path}/store.kv`;
    const clock = new ManualClock();
    const before = await World.load(
      await openStore(settings(path, "durable"), clock),
    );
    before.retain(message("t", "kept", { retain: true }));
    await before.committed();
    await before.store.close();
    await broker.start("shutdown.timeout=100ms");
    const { DatabaseSync } = await import("node:sqlite");
    const other = new DatabaseSync(path);
    other.exec("BEGIN IMMEDIATE");
    const { code, said } = await broker.end();
    other.exec("ROLLBACK");
    other.close();
    assert.equal(code, 1);
    assert.match(said, /\(shutdown\.timeout\): all its changes are in /);
  },
);
