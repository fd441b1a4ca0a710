import assert from "node:assert/strict";
import { BrokerProcess } from "../support/process.ts";
import { until, within } from "../support/wait.ts";
import { testOnDisk } from "./disk_place.ts";
import { Talker } from "./talker.ts";

testOnDisk(
  "log file: a full disk drops whole lines, holds up no client, and the log says how many once there is room",
  async (disk) => {
    const path = `${disk.path}/dunlin.log`;
    const args = [
      ...["--set", `log.file=${path}`, "--set", "log.format=json"],
      ...["--set", "log.max_size=256 KiB", "--set", "log.keep=2"],
      // A busy machine has slow turns at any time, which is not what is counted.
      ...["--set", "log.categories.performance=error"],
    ];
    await using broker = await BrokerProcess.start({ args });
    let visits = 0;
    const visit = async () => {
      const id = `client ${visits++} ${"x".repeat(100)}`;
      const { talker } = await Talker.connect(broker.port(), 5, id, true);
      await talker.subscribe("t", 0);
      talker.tell("t", "hello");
      assert.equal(await talker.next(), "hello");
      await talker.close();
    };
    const lines = async () =>
      (await Deno.readTextFile(path)).split("\n").slice(0, -1)
        .map((line) => JSON.parse(line));
    for (let at = 0; at < 10; at++) await visit();
    await disk.fill();
    await until("the report", async () => {
      await within("a client", visit());
      return /"log-file-failing".*No space left/.test(broker.log);
    });
    for (let at = 0; at < 10; at++) await within("a client", visit());
    await disk.clear();
    await until(
      "the gap",
      async () => (await lines()).some(({ event }) => event === "log-gap"),
    );
    await visit();
    broker.signal("SIGTERM");
    assert.equal((await within("the exit", broker.ended)).code, 0);
    assert.match(broker.log, /"event":"recovered"/);
    const all = await lines();
    const gaps = all.filter(({ event }) => event === "log-gap");
    const dropped = gaps.reduce((sum, gap) => sum + gap.lines, 0);
    const visited = all.filter(({ event }) => /connected$/.test(event));
    assert.ok(dropped > 0);
    assert.equal(visited.length + dropped, 2 * visits);
    assert.ok(all.some(({ event }) => event === "stopping"));
  },
  2,
);
