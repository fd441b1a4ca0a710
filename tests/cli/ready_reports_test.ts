import assert from "node:assert/strict";
import type { StartedListener } from "../../src/broker/mod.ts";
import { ReadyReports } from "../../src/cli/serve/ready_reports.ts";

/** The ready file of a broker with one listener, in a new folder. */
async function ready() {
  const folder = await Deno.makeTempDir({ prefix: "dunlin-test-" });
  const path = `${folder}/ready.json`;
  const listener = { name: "tcp", type: "tcp", bind: "::1" } as const;
  const broker: { listeners: StartedListener[] } = { listeners: [] };
  const logged: string[] = [];
  const reports = new ReadyReports(
    path,
    broker,
    (_, __, { error }) => void logged.push(String(error)),
  );
  return {
    ...{ folder, path, logged, reports },
    listen: (port: number) => broker.listeners = [{ ...listener, port }],
    ports: async () =>
      JSON.parse(await Deno.readTextFile(path)).listeners
        .map(({ port }: StartedListener) => port),
  };
}

Deno.test("ready file: listeners that open at the same time are one after the other in it", async () => {
  const { folder, logged, reports, listen, ports } = await ready();
  listen(1);
  const writes = [reports.write()];
  for (let port = 2; port <= 20; port++) {
    listen(port);
    writes.push(reports.writeAgain());
  }
  await Promise.all(writes);
  assert.deepEqual(await ports(), [20]);
  assert.deepEqual(logged, []);
  assert.deepEqual([...Deno.readDirSync(folder)].length, 1);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("ready file: before the start is over there is none, and a failed write is tried again", async () => {
  const { folder, path, logged, reports, listen, ports } = await ready();
  listen(1);
  await reports.writeAgain();
  assert.deepEqual([...Deno.readDirSync(folder)], []);
  await reports.write();
  listen(2);
  await Deno.remove(path);
  await Deno.mkdir(path);
  await reports.writeAgain();
  assert.equal(logged.length, 1);
  await Deno.remove(path);
  await reports.writeAgain();
  assert.deepEqual(await ports(), [2]);
  await Deno.remove(folder, { recursive: true });
});
