import assert from "node:assert/strict";
import { pack, unpack } from "../../src/admin/protocol/mod.ts";
import type { ThreadEvents } from "../../src/broker/admin/admin_thread.ts";
import { Broker } from "../../src/broker/mod.ts";
import { completeSettings } from "../../src/config/mod.ts";
import { silentLog } from "../../src/broker/status/broker_log.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { turn } from "../support/settle.ts";
import { until } from "../support/wait.ts";
import { AdminBroker, adminTest } from "./admin_broker.ts";

/** A thread of the admin page that does what a test says. */
class StubThreads {
  /** Events of the threads started so far. */
  readonly started: ThreadEvents[] = [];
  readonly posted: string[] = [];
  ended = 0;

  /** Whether a configuration is answered. */
  isServing = true;

  readonly start = (events: ThreadEvents) => {
    this.started.push(events);
    return Promise.resolve({
      post: (text: string) => {
        this.posted.push(text);
        const { words: [kind, id], body } = unpack(text);
        if (kind !== "configure" || !this.isServing) return;
        const { bind, port } = JSON.parse(body);
        const listening = { bind, port: port || 4000, first: null };
        queueMicrotask(() =>
          events.onMessage(pack(["listening", id], listening))
        );
      },
      end: () => void this.ended++,
    });
  };
}

/** A broker whose admin thread is a stub, its clock, and its log. */
function stubbed(threads: StubThreads) {
  const clock = new ManualClock();
  const troubles: string[] = [];
  const settings = completeSettings({
    sys: { interval: 0 },
    storage: { mode: "memory" },
    listener: [{ port: 0 }],
    admin: { enabled: true, port: 0 },
  });
  const broker = new Broker(settings, {
    clock,
    startAdminThread: threads.start,
    log: {
      ...silentLog,
      trouble: (what, error) => troubles.push(`${what}: ${error.message}`),
    },
  });
  return { broker, clock, troubles, settings };
}

Deno.test("admin thread: one that dies is started again at its port, after longer and longer waits, and then stays down", async () => {
  const threads = new StubThreads();
  const { broker, clock, troubles } = stubbed(threads);
  await broker.start();
  for (const wait of [1000, 2000, 4000, 8000, 16_000]) {
    const count = threads.started.length;
    threads.started.at(-1)!.onMessage(pack(["users"], `users ${count}`));
    threads.started.at(-1)!.onDeath("out of luck");
    clock.advance(wait - 1);
    await turn();
    assert.equal(threads.started.length, count);
    clock.advance(1);
    await until("a thread starts", () => threads.started.length > count);
    await turn();
    const last = threads.posted.findLast((one) => /^configure/.test(one))!;
    const { port, users } = JSON.parse(unpack(last).body);
    assert.deepEqual([port, users], [4000, `users ${count}`]);
  }
  threads.started.at(-1)!.onDeath("out of luck");
  clock.advance(3600_000);
  await turn();
  assert.equal(threads.started.length, 6);
  assert.equal(troubles.length, 6);
  assert.match(troubles[0], /admin: .*out of luck; it starts again in 1 s/);
  assert.match(troubles[5], /stays down/);
  assert.equal(broker.listeners.length, 1);
  await broker.stop(0);
});

Deno.test("admin thread: the first death within a start refuses the start", async () => {
  const threads = new StubThreads();
  threads.isServing = false;
  const { broker } = stubbed(threads);
  const started = broker.start();
  await until("a thread starts", () => threads.posted.length > 0);
  threads.started[0].onDeath("no memory");
  await assert.rejects(started, /the admin page: no memory/);
});

Deno.test("admin thread: it gets one message of figures a second, and ends with the broker", async () => {
  const threads = new StubThreads();
  const { broker, clock } = stubbed(threads);
  await broker.start();
  const count = () =>
    threads.posted.filter((one) => one.startsWith("figures\n")).length;
  assert.equal(count(), 1);
  for (let second = 0; second < 5; second++) clock.advance(1000);
  assert.equal(count(), 6);
  await broker.stop(0);
  assert.equal(threads.ended, 1);
  clock.advance(5000);
  assert.equal(count(), 6);
});

Deno.test("admin thread: a question without a handler, and one while the store is read, are refused", async () => {
  const threads = new StubThreads();
  const { broker } = stubbed(threads);
  await broker.start();
  const { onMessage } = threads.started[0];
  onMessage(pack(["ask", "1", "no.such"], {}));
  onMessage(pack(["ask", "2", "client.kick"], { clientId: "x" }));
  const answerTo = (id: string) =>
    threads.posted.find((one) => one.startsWith(`refusal ${id}\n`));
  await until(
    "answers come",
    () => answerTo("1") !== undefined && answerTo("2") !== undefined,
  );
  assert.equal(JSON.parse(unpack(answerTo("2")!).body).code, "no-such-client");
  await broker.stop(0);
});

Deno.test("admin thread: a port that is taken refuses the start, and names the page", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr;
  await assert.rejects(
    AdminBroker.start({ admin: { port } }),
    { code: "address-in-use", message: /^the admin page: .*127\.0\.0\.1/ },
  );
});

adminTest(
  "admin: a reload moves the page, and turns it off and on",
  async (broker) => {
    const { test } = broker;
    const off = { listener: { port: 0 }, admin: { enabled: false } };
    using free = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = free.addr;
    const moved = { listener: { port: 0 }, admin: { enabled: true, port } };
    await assert.rejects(test.reload(moved), { code: "address-in-use" });
    assert.equal((await broker.anyone.send("health/live")).status, 200);
    free.close();
    await test.reload(moved);
    assert.equal(test.broker.steering.admin!.port, port);
    const page = `http://127.0.0.1:${port}/health/live`;
    assert.equal((await (await fetch(page)).json()).ok, true);
    await assert.rejects(fetch(broker.url));
    await test.reload(off);
    assert.equal(test.broker.steering.admin, null);
    // The end of a thread takes a moment, and nothing announces it.
    await until("the page is off", async () => {
      const answer = await fetch(page).catch(() => null);
      await answer?.body?.cancel();
      return answer === null;
    });
    await test.reload(moved);
    assert.equal((await (await fetch(page)).json()).ok, true);
  },
);
