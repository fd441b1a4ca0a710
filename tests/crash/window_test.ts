import assert from "node:assert/strict";
import { BrokerLife, freePort } from "./broker_life.ts";
import { Talker } from "./talker.ts";

/** Publishes `count` messages at QoS 1, and waits for every PUBACK. */
async function publishAll(
  port: number,
  name: string,
  count: number,
): Promise<void> {
  const { talker } = await Talker.connect(port, 5, "publisher", true);
  const answers = Array.from(
    { length: count },
    (_, at) => talker.publish({ topic: "t", payload: `${name} ${at}` }),
  );
  for (const { code } of await Promise.all(answers)) assert.equal(code, 0);
  await talker.close();
}

Deno.test("of what buffered acknowledged within its flush interval a kill leaves nothing, a stop all", async () => {
  const folder = await Deno.makeTempDir({ prefix: "dunlin-crash-" });
  const port = freePort();
  const live = async () => {
    // So long that nothing is written by itself while the test runs.
    const life = new BrokerLife(port, [
      "storage.mode=buffered",
      `storage.path=${folder}/store`,
      "storage.flush_interval=60s",
      "storage.low_space=0",
      "sys.interval=0",
    ], folder);
    await life.ready();
    return life;
  };
  let life = await live();
  try {
    const away = await Talker.connect(port, 5, "away");
    assert.equal(await away.talker.subscribe("t", 1), 1);
    await away.talker.close();
    await life.stop();
    life = await live();
    await publishAll(port, "lost", 50);
    await life.kill();
    life = await live();
    await publishAll(port, "kept", 5);
    await life.stop();
    life = await live();
    const { talker, connack } = await Talker.connect(port, 5, "away");
    assert.equal(connack.sessionPresent, true);
    await publishAll(port, "last", 1);
    const received: string[] = [];
    do received.push(await talker.next()); while (received.at(-1) !== "last 0");
    assert.deepEqual(
      received,
      ["kept 0", "kept 1", "kept 2", "kept 3", "kept 4", "last 0"],
    );
    await talker.close();
    await life.stop();
  } finally {
    await life.kill();
    await Deno.remove(folder, { recursive: true });
  }
});
