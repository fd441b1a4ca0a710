import assert from "node:assert/strict";
import type { LogDetails } from "../../src/cli/log/event_log.ts";
import {
  type ManagedBroker,
  openServiceManager,
  ServiceManager,
  watchdogOf,
} from "../../src/cli/serve/service_manager.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { NotifyReceiver } from "../support/notify_receiver.ts";
import { settle } from "../support/settle.ts";

/** The parts of a manager whose messages are kept as they are sent. */
class Setting {
  readonly clock = new ManualClock();
  readonly broker: {
    -readonly [Key in keyof ManagedBroker]: ManagedBroker[Key];
  };
  readonly sent: string[] = [];
  readonly logged: [string, LogDetails][] = [];
  readonly manager: ServiceManager;

  constructor(watchdog: number | null = null) {
    const tcp = { name: "tcp", type: "tcp", bind: "::1", port: 1883 } as const;
    this.broker = { listeners: [tcp], commitAge: 0 };
    const socket = {
      send: (...lines: string[]) => void this.sent.push(lines.join("|")),
      sent: Promise.resolve(),
      close: () => {},
    };
    this.manager = new ServiceManager({
      ...{ clock: this.clock, socket, watchdog },
      log: (_, event, details) => void this.logged.push([event, details]),
    });
  }

  /** Lets the broker start. */
  start(): void {
    this.manager.starting(this.broker);
    this.manager.ready();
    this.sent.length = 0;
  }

  /** Lets `ms` pass, and serves the sockets that are ready then. */
  async pass(ms: number): Promise<string[]> {
    this.clock.advance(ms);
    await new Promise((resolve) => setImmediate(resolve));
    return this.sent.splice(0);
  }
}

Deno.test("service manager: a long start extends its limit until READY", async () => {
  const one = new Setting();
  one.manager.starting(one.broker);
  assert.deepEqual(await one.pass(25_000), [
    "STATUS=Starting: restoring the stored state",
    "EXTEND_TIMEOUT_USEC=60000000",
    "EXTEND_TIMEOUT_USEC=60000000",
  ]);
  one.manager.ready();
  assert.deepEqual(await one.pass(100_000), [
    "READY=1|STATUS=Listening: tcp [::1]:1883",
  ]);
});

Deno.test("service manager: a reload is RELOADING with a time not before the signal, then READY", async () => {
  const one = new Setting();
  one.start();
  one.clock.runs(7, 5000);
  one.manager.reloading();
  one.manager.ready();
  // The uptime may be 10 ms less than the clock that the manager reads.
  assert.deepEqual(await one.pass(0), [
    "RELOADING=1|MONOTONIC_USEC=5010000",
    "READY=1|STATUS=Listening: tcp [::1]:1883",
  ]);
});

Deno.test("service manager: after STOPPING, which gives the time for it, nothing contradicts it", async () => {
  const one = new Setting();
  one.start();
  one.manager.reloading();
  one.manager.stopping(300_000);
  one.manager.ready();
  one.manager.listening();
  one.manager.reloading();
  assert.deepEqual((await one.pass(60_000)).slice(1), [
    "STOPPING=1|STATUS=Stopping: writing all changes to the disk|EXTEND_TIMEOUT_USEC=310000000",
  ]);
});

Deno.test("service manager: the watchdog is pinged at half its time, and not by a timer alone", async () => {
  const one = new Setting(30_000);
  one.clock.advance(15_000);
  assert.deepEqual(one.sent, [], "the ping waits for the ready sockets");
  assert.deepEqual(await one.pass(0), ["WATCHDOG=1"]);
  assert.deepEqual(await one.pass(14_999), []);
  assert.deepEqual(await one.pass(1), ["WATCHDOG=1"]);
  await one.manager.end();
  assert.deepEqual(await one.pass(60_000), []);
});

Deno.test("service manager: pings end while a commit does not end, with the reason, and go on with the next", async () => {
  const one = new Setting(30_000);
  one.start();
  one.broker.commitAge = 29_999;
  assert.deepEqual(await one.pass(15_000), ["WATCHDOG=1"]);
  one.broker.commitAge = 45_000;
  const text = "a commit has not ended for 45 s; unless it ends, the service " +
    "manager restarts the broker";
  assert.deepEqual(await one.pass(15_000), [`STATUS=${text}`]);
  assert.deepEqual(await one.pass(15_000), []);
  assert.deepEqual(one.logged, [["watchdog", {
    code: "commit-hanging",
    text,
  }]]);
  one.broker.commitAge = 0;
  assert.deepEqual(await one.pass(15_000), [
    "STATUS=Listening: tcp [::1]:1883",
    "WATCHDOG=1",
  ]);
});

Deno.test("service manager: one that reads nothing does not hold up the end", async () => {
  const clock = new ManualClock();
  let isClosed = false;
  const manager = new ServiceManager({
    socket: {
      send: () => {},
      sent: new Promise(() => {}),
      close: () => void (isClosed = true),
    },
    ...{ clock, watchdog: null, log: () => {} },
  });
  const ended = manager.end();
  clock.advance(999);
  await settle();
  assert.equal(isClosed, false);
  clock.advance(1);
  await ended;
  assert.equal(isClosed, true);
});

Deno.test("service manager: a reason in several lines stays one variable", async () => {
  const one = new Setting();
  one.manager.failed("the store is taken\n  READY=1");
  assert.deepEqual(await one.pass(0), ["STATUS=the store is taken READY=1"]);
});

Deno.test("service manager: WATCHDOG_USEC counts for the process of WATCHDOG_PID", () => {
  assert.equal(watchdogOf({ WATCHDOG_USEC: "2000000" }, 7), 2000);
  const both = { WATCHDOG_USEC: "2000000", WATCHDOG_PID: "7" };
  assert.equal(watchdogOf(both, 7), 2000);
  assert.equal(watchdogOf(both, 8), null);
  assert.equal(watchdogOf({}, 7), null);
  for (const usec of ["", "0", "-1", "soon"]) {
    assert.equal(watchdogOf({ WATCHDOG_USEC: usec }, 7), null, usec);
  }
});

for (const kind of ["a socket file", "an abstract name"] as const) {
  Deno.test(`service manager: messages arrive at ${kind}`, async () => {
    const folder = await Deno.makeTempDir({ prefix: "dunlin-test-" });
    const name = `dunlin-test-${crypto.randomUUID()}`;
    {
      await using receiver = new NotifyReceiver(
        kind === "a socket file" ? `${folder}/notify` : `@${name}`,
      );
      const log: string[] = [];
      const manager = openServiceManager({ NOTIFY_SOCKET: receiver.address }, {
        clock: new ManualClock(),
        log: (_, event) => void log.push(event),
      });
      manager!.ready();
      assert.equal((await receiver.with("READY")).get("READY"), "1");
      await manager!.end();
      assert.deepEqual(log, []);
    }
    const files = [...Deno.readDirSync(folder), ...Deno.readDirSync(".")];
    const left = files.filter(({ isFile, isDirectory, isSymlink }) =>
      !isFile && !isDirectory && !isSymlink
    );
    assert.deepEqual(left, [], "its own socket has no file");
    await Deno.remove(folder);
  });
}

Deno.test("service manager: one that cannot be reached is logged once and ends nothing", async () => {
  const logged: LogDetails[] = [];
  const ports = {
    clock: new ManualClock(),
    log: (_: string, __: string, details: LogDetails) =>
      void logged.push(details),
  };
  const gone = { NOTIFY_SOCKET: "/dunlin-test/not/there" };
  const manager = openServiceManager(gone, ports);
  manager!.ready();
  manager!.listening();
  await manager!.end();
  assert.equal(logged.length, 1);
  assert.match(String(logged[0].error), /No such file/);
  const other = openServiceManager({ NOTIFY_SOCKET: "vsock:2:1234" }, ports);
  assert.equal(other, null);
  assert.match(String(logged[1].error), /neither an absolute path nor/);
});
