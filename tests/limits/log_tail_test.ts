import assert from "node:assert/strict";
import type { LoggedEvent, OnLogged } from "../../src/broker/mod.ts";
import { LogTail } from "../../src/broker/status/log_tail.ts";

/** A log of which only the tap counts. */
class TappedLog {
  onLogged: OnLogged | null = null;
  taps = 0;
  #count = 0;

  readonly tap = (onLogged: OnLogged | null): void => {
    this.onLogged = onLogged;
    if (onLogged !== null) this.taps++;
  };

  /** Logs an event of `length` characters. */
  log(overrides: Partial<LoggedEvent> = {}, length = 2): void {
    this.onLogged?.({
      time: ++this.#count,
      level: "info",
      category: "broker",
      event: "ready",
      json: "x".repeat(length),
      ...overrides,
    });
  }
}

const ALL = { after: 0, level: "debug", category: null } as const;

Deno.test("log tail: it taps the log when the first reader comes, once, and not before", () => {
  const log = new TappedLog();
  const tail = new LogTail(log);
  assert.equal(log.taps, 0);
  assert.deepEqual(tail.read(ALL), { events: [], last: 0, missed: 0 });
  tail.follow(() => {});
  tail.read(ALL);
  assert.equal(log.taps, 1);
  log.log();
  assert.equal(tail.read(ALL).events.length, 1);
  tail.stop();
  assert.equal(log.onLogged, null);
});

Deno.test("log tail: a reader gets what it has not read, of its level and category", () => {
  const log = new TappedLog();
  const tail = new LogTail(log);
  let news = 0;
  const end = tail.follow(() => news++);
  for (const level of ["debug", "info", "warn", "error"] as const) {
    log.log({ level, category: level === "warn" ? "storage" : "broker" });
  }
  assert.equal(news, 4);
  const levels = (query: Partial<Parameters<LogTail["read"]>[0]>) =>
    tail.read({ ...ALL, ...query }).events.map(({ level }) => level);
  assert.deepEqual(levels({}), ["debug", "info", "warn", "error"]);
  assert.deepEqual(levels({ level: "warn" }), ["warn", "error"]);
  assert.deepEqual(levels({ category: "storage" }), ["warn"]);
  assert.deepEqual(levels({ after: 3 }), ["error"]);
  const { last } = tail.read({ ...ALL, level: "error" });
  assert.equal(last, 4);
  assert.deepEqual(levels({ after: last }), []);
  // From before a restart: numbers that this broker has not reached.
  assert.deepEqual(levels({ after: 1_000_000 }), []);
  end();
  log.log();
  assert.equal(news, 4);
  assert.deepEqual(levels({ after: last }), ["info"]);
});

Deno.test("log tail: events and characters are bounded, and a slow reader learns what it missed", () => {
  const log = new TappedLog();
  const tail = new LogTail(log);
  tail.follow(() => {});
  for (let at = 0; at < 2_500; at++) log.log();
  const { events, last, missed } = tail.read(ALL);
  assert.deepEqual([events[0].id, events.length], [2_001, 500]);
  assert.deepEqual([last, missed], [2_500, 2_000]);
  assert.equal(tail.read({ ...ALL, after: 2_100 }).missed, 0);
  // Five of these are more than 256 Ki characters.
  for (let at = 0; at < 5; at++) log.log({}, 60_000);
  const long = tail.read({ ...ALL, after: 2_500 });
  assert.deepEqual(long.events.map(({ id }) => id), [
    2_502,
    2_503,
    2_504,
    2_505,
  ]);
  assert.equal(long.missed, 1);
  log.log({}, 2_000_000);
  assert.deepEqual(tail.read({ ...ALL, after: 2_505 }), {
    ...{ events: [], last: 2_506, missed: 1 },
  });
});
