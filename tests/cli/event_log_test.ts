import assert from "node:assert/strict";
import type { LoggedEvent } from "../../src/broker/mod.ts";
import { EventLog } from "../../src/cli/log/event_log.ts";
import {
  LOG_CATEGORIES,
  type LogCategory,
  type LogFormat,
  type LogLevel,
} from "../../src/config/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";

/** A log that begins in 1970, and the lines that it writes. */
function logOf(
  level: LogLevel,
  format: LogFormat,
  categories: Partial<Record<LogCategory, LogLevel>> = {},
): { log: EventLog; written: string[] } {
  const written: string[] = [];
  const log = new EventLog(
    { level, format, categories },
    new ManualClock(0),
    (line) => written.push(line),
  );
  return { log, written };
}

/** The lines that a log of these settings writes. */
function lines(level: LogLevel, format: LogFormat): string[] {
  const { log, written } = logOf(level, format);
  const broker = log.ofBroker();
  broker.event("debug", "connected", {
    client: "a\nb",
    user: undefined,
    version: 5,
  });
  broker.event("info", "disconnected", { client: "a", text: "it left" });
  broker.failed("a", new Error("broken"), "the connection closes");
  broker.trouble(
    "listener tcp",
    new Error("no descriptors"),
    "accept-failed",
    "listeners",
  );
  return written;
}

Deno.test("log: an event is one line, without the fields that are not known", () => {
  const written = lines("debug", "text");
  assert.equal(written.length, 4);
  assert.equal(
    written[0],
    `1970-01-01T00:00:00.000Z debug connected client="a\\nb" version=5\n`,
  );
});

Deno.test("log: nothing in a name steers a terminal or hides", () => {
  for (const format of ["text", "json"] as const) {
    const { log, written } = logOf("info", format);
    const name = 'ü"\n\x1b[2J\x9b31m\u202e\u2028\u{e0041}z';
    log.event("info", "notice", { name });
    assert.match(written[0], /^[\x20-\x7eü]+\n$/);
    const told = /"(ü.*z)"/.exec(written[0])![1];
    assert.equal(JSON.parse(`"${told}"`), name);
  }
});

Deno.test("log: a JSON line is one object, whatever the values are", () => {
  const { log, written } = logOf("info", "json");
  const everyUnit = Array.from({ length: 0x10000 }, (_, unit) => unit);
  for (let at = 0; at < everyUnit.length; at += 4096) {
    const text = String.fromCharCode(...everyUnit.slice(at, at + 4096));
    log.event("info", "notice", { text });
    const line = written.pop()!;
    assert.equal(line.indexOf("\n"), line.length - 1);
    assert.equal(JSON.parse(line).text, text);
    // deno-lint-ignore no-control-regex
    assert.doesNotMatch(line.slice(0, -1), /[\x00-\x1f\x7f-\x9f\u2028\u2029]/);
  }
  log.event("info", "notice", { nan: NaN, infinite: -Infinity, none: null });
  const { nan, infinite, none } = JSON.parse(written[0]);
  assert.deepEqual([nan, infinite, none], [null, null, null]);
});

Deno.test("log: what is less severe than the level is left out", () => {
  assert.equal(lines("info", "text").length, 3);
  assert.equal(lines("warn", "text").length, 2);
  const written = lines("error", "text");
  assert.equal(written.length, 1);
  assert.match(
    written[0],
    /error failed client="a" result="the connection closes" code="internal-error" error="Error: broken/,
  );
});

/** One event of each category, at `info` or less severe. */
const EVENTS: Readonly<Record<LogCategory, string>> = {
  connections: "connected",
  refusals: "refused",
  access: "subscriptions-removed",
  certificates: "certificate-renewed",
  listeners: "",
  storage: "saved",
  settings: "reloaded",
  performance: "slow-turn",
  admin: "admin",
  broker: "ready",
};

for (const category of LOG_CATEGORIES) {
  Deno.test(`log: category ${category} has a level of its own, both ways, from the next event on`, () => {
    const { log, written } = logOf("info", "text");
    const logAll = () => {
      written.length = 0;
      for (const event of Object.values(EVENTS)) {
        if (event !== "") log.event("info", event, {});
      }
      const broker = log.ofBroker();
      for (const one of LOG_CATEGORIES) {
        broker.trouble(`in ${one}`, new Error("broken"), "broken", one);
        broker.recovered(`in ${one}`, 1000, one);
        log.event("debug", "detail", { one }, one);
      }
      return [...written];
    };
    const before = logAll();
    const settings = { level: "info", format: "text" } as const;
    log.apply({ ...settings, categories: { [category]: "error" } });
    const quiet = logAll();
    const isOf = (line: string) =>
      line.includes(`"in ${category}"`) ||
      (EVENTS[category] !== "" && line.includes(` ${EVENTS[category]}`));
    assert.deepEqual(quiet, before.filter((line) => !isOf(line)));
    assert.ok(quiet.length < before.length);
    log.apply({ ...settings, categories: { [category]: "debug" } });
    const loud = logAll();
    assert.deepEqual(
      loud.filter((line) => line.includes("debug")).length,
      1,
    );
    assert.match(
      loud.find((line) => line.includes("debug"))!,
      RegExp(category),
    );
    log.apply({ ...settings, categories: {} });
    assert.deepEqual(logAll(), before);
  });
}

Deno.test("log: trouble is one line", () => {
  assert.match(
    lines("warn", "text")[1],
    /warn {2}trouble where="listener tcp" code="accept-failed" error="no descriptors"\n$/,
  );
});

Deno.test("log: as JSON, each line is an object of the same fields", () => {
  const [first, second] = lines("debug", "json").map((one) => JSON.parse(one));
  const time = "1970-01-01T00:00:00.000Z";
  assert.deepEqual(first, {
    ...{ time, level: "debug", event: "connected" },
    ...{ client: "a\nb", version: 5 },
  });
  assert.deepEqual(second, {
    ...{ time, level: "info", event: "disconnected" },
    ...{ client: "a", text: "it left" },
  });
});

Deno.test("log: the end of an alarm says how long it lasted", () => {
  const { log, written } = logOf("warn", "text");
  log.ofBroker().recovered("disk", 61_500, "storage");
  assert.match(written[0], /warn {2}recovered where="disk" seconds=61\.5\n$/);
});

for (const format of ["text", "json"] as const) {
  Deno.test(`log: a tap gets each logged event as JSON, in a log of format ${format}`, () => {
    const { log, written } = logOf("info", format);
    const broker = log.ofBroker();
    const events: LoggedEvent[] = [];
    broker.tap((event) => events.push(event));
    broker.event("info", "connected", { client: "a\n" });
    broker.event("debug", "connected", { client: "b" });
    broker.tap(null);
    broker.event("info", "connected", { client: "c" });
    assert.equal(written.length, 2);
    const [{ json, ...rest }, ...others] = events;
    assert.equal(others.length, 0);
    assert.deepEqual(rest, {
      ...{ time: 0, level: "info", category: "connections" },
      event: "connected",
    });
    const time = "1970-01-01T00:00:00.000Z";
    assert.equal(
      json,
      `{"time":"${time}","level":"info","event":"connected","client":"a\\n"}`,
    );
  });
}
