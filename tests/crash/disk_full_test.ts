import assert from "node:assert/strict";
import { place, testOnDisk } from "./disk_place.ts";
import { pause } from "./time.ts";
import { Talker } from "./talker.ts";

/** A client, and the answer to a message of it. */
interface Asked {
  readonly talker: Talker;
  readonly code: Promise<number>;
}

/**
 * Publishes `payload`, each time on a new connection of 5.0, until it is
 * refused; gives those that still wait for their answer.
 */
async function publishUntilRefused(
  port: number,
  payload: string,
): Promise<Asked[]> {
  const waiting: Asked[] = [];
  for (let at = 0; at < 100; at++) {
    const { talker } = await Talker.connect(port, 5, `other ${at}`, true);
    const code = talker.publish({ topic: "t/5", payload }).then(
      (answer) => answer.code,
    );
    code.catch(() => {}); // Whoever waits for it is told.
    const soon = await Promise.race([code, pause(100)]);
    if (soon === 0x97) {
      await talker.close();
      return waiting;
    }
    assert.equal(soon, undefined, "acknowledged on a full disk");
    waiting.push({ talker, code });
  }
  throw new Error("it was not refused");
}

/** Publishes with 5.0 until that is a success again. */
async function publishUntilTaken(publisher: Talker, payload: string) {
  for (let at = 0; at < 1000; at++) {
    const { code } = await publisher.publish({ topic: "t/5", payload });
    if (code < 0x80) return;
    assert.equal(code, 0x97);
    await pause(10);
  }
  throw new Error("it was not taken any more");
}

for (const mode of ["durable", "fault-tolerant"]) {
  testOnDisk(`${mode}: a full disk, and room again`, async (disk) => {
    await using broker = await place(mode, disk);
    await broker.start();
    const { port } = broker;
    const away = (await Talker.connect(port, 5, "away")).talker;
    assert.equal(await away.subscribe("t/#", 1), 1);
    await away.close();
    const here = (await Talker.connect(port, 4, "here", true)).talker;
    await here.subscribe("now", 0);
    const five = (await Talker.connect(port, 5, "five")).talker;
    const three = (await Talker.connect(port, 4, "three")).talker;

    const acknowledged = ["before 5", "before 3"];
    await five.publish({ topic: "t/5", payload: "before 5" });
    await three.publish({ topic: "t/3", payload: "before 3" });

    await disk.fill();
    // What was under way as the disk ran full gets its answer when the broker
    // can keep its word; from when it has noticed, the next ones are refused.
    const waiting = await publishUntilRefused(port, "as it ran full");
    assert.ok(waiting.length > 0, "it was refused before it was tried");
    let isAnswered = false;
    const late = three.publish({ topic: "t/3", payload: "late 3" })
      .finally(() => isAnswered = true);
    late.catch(() => {}); // It is waited for below.
    const newcomer = (await Talker.connect(port, 4, "newcomer")).talker;
    newcomer.tell("now", "still here");
    assert.equal(await here.next(), "still here");
    const again = await five.publish({ topic: "t/5", payload: "refused" });
    assert.equal(again.code, 0x97);
    assert.equal(isAnswered, false, "acknowledged on a full disk");

    await disk.clear();
    await late;
    for (const { code } of waiting) assert.ok(await code < 0x80);
    await publishUntilTaken(five, "after 5");
    acknowledged.push("as it ran full", "late 3", "after 5");
    await broker.kill();
    for (const one of [here, five, three, newcomer]) await one.close();
    for (const { talker } of waiting) await talker.close();

    await broker.start();
    const back = await Talker.connect(port, 5, "away");
    assert.equal(back.connack.sessionPresent, true);
    const expected = new Set(acknowledged);
    while (expected.size > 0) expected.delete(await back.talker.next());
    await back.talker.close();
    await broker.stop();
  });

  testOnDisk(`${mode}: a store that may only be read`, async (disk) => {
    await using broker = await place(mode, disk);
    await broker.start();
    const away = (await Talker.connect(broker.port, 5, "away")).talker;
    await away.subscribe("t/#", 1);
    await away.close();
    const publisher = (await Talker.connect(broker.port, 4, "p", true)).talker;
    await publisher.publish({ topic: "t/1", payload: "kept" });
    await publisher.close();
    await broker.stop();

    await disk.setReadOnly(true);
    const { code, said } = await broker.fail();
    assert.equal(code, 1);
    assert.match(said, /read.?only|cannot be (written|opened|locked)/i);
    assert.ok(said.includes(disk.path), `no word of the place: ${said}`);

    await disk.setReadOnly(false);
    await broker.start();
    const back = await Talker.connect(broker.port, 5, "away");
    assert.equal(back.connack.sessionPresent, true);
    assert.equal(await back.talker.next(), "kept");
    await back.talker.close();
    await broker.stop();
  });
}
