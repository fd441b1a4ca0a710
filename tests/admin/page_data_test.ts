import assert from "node:assert/strict";
import {
  adviceOf,
  CLOSED,
  DROPPED,
} from "../../src/admin/page/app/data/advice.ts";
import { queryText } from "../../src/admin/page/app/data/api.ts";
import type { Figures } from "../../src/admin/page/app/data/figures.ts";
import {
  counted,
  shownAge,
  shownCount,
  shownDuration,
  shownRate,
  shownSize,
} from "../../src/admin/page/app/data/format.ts";
import {
  messageOf,
  shownPayload,
} from "../../src/admin/page/app/data/message.ts";
import { Series } from "../../src/admin/page/app/data/series.ts";
import {
  fieldsOf,
  MOST_LINES,
  withMessage,
} from "../../src/admin/page/app/data/log_lines.ts";
import { linkTo, routeOf } from "../../src/admin/page/app/data/route.ts";
import { CLOSE_REASONS, DROP_REASONS } from "../../src/session/core/reasons.ts";
import { adminTest } from "./admin_broker.ts";

Deno.test("admin page: numbers are short, and the same width where they are alike", () => {
  assert.equal(shownCount(1234567), "1\u202f234\u202f567");
  assert.equal(shownCount(-12), "−12");
  assert.equal(shownCount(NaN), "–");
  assert.equal(shownSize(0), "0 B");
  assert.equal(shownSize(999), "999 B");
  assert.equal(shownSize(999_600), "1 MB");
  assert.equal(shownSize(1_254_000), "1.25 MB");
  assert.equal(shownRate(0), "0/s");
  assert.equal(shownRate(0.001), "<0.01/s");
  assert.equal(shownRate(12.345), "12.3/s");
  assert.equal(shownRate(-3400, true), "−3.4 kB/s");
  assert.equal(shownRate(undefined), "–");
  assert.equal(counted(1, "client"), "1 client");
  assert.equal(counted(0, "client"), "0 clients");
});

Deno.test("admin page: a time has its two largest units", () => {
  assert.equal(shownDuration(0.4), "0 s");
  assert.equal(shownDuration(61), "1 min 1 s");
  assert.equal(shownDuration(86_400), "1 d");
  assert.equal(shownDuration(90_061), "1 d 1 h");
  const now = Date.parse("2026-01-01T00:01:30Z");
  assert.equal(shownAge("2026-01-01T00:00:00Z", now), "1 min 30 s");
  assert.equal(shownAge(null, now), "–");
});

Deno.test("admin page: links keep any client id, topic and filter", () => {
  const id = "a&b=c?d#e/+ü";
  const { page, query } = routeOf(linkTo("clients", { id, sort: "" }));
  assert.equal(page, "clients");
  assert.deepEqual([...query], [["id", id]]);
  assert.equal(routeOf("").page, "overview");
  assert.equal(queryText({ a: undefined, b: "" }), "");
});

Deno.test("admin page: each reason has an advice, and no other has one", () => {
  assert.deepEqual(Object.keys(DROPPED).sort(), [...DROP_REASONS].sort());
  assert.deepEqual(Object.keys(CLOSED).sort(), [...CLOSE_REASONS].sort());
  assert.equal(adviceOf(DROPPED, "of-tomorrow").what, "of tomorrow");
});

Deno.test("admin page: the form of a message becomes the body of a request", () => {
  const fields = { topic: "a", payload: "1\r\n2", encoding: "text", qos: "1" };
  const body = { topic: "a", payload: "1\n2", encoding: "text", qos: 1 };
  assert.deepEqual(messageOf(fields), { ...body, retain: false });
  const all = {
    ...{ ...fields, retain: "on", contentType: "text/plain", expiry: "60" },
    ...{ responseTopic: "", userProperties: "a=b=c\n\nd=" },
  };
  assert.deepEqual(messageOf(all), {
    ...{ ...body, retain: true },
    properties: {
      contentType: "text/plain",
      messageExpiryInterval: 60,
      userProperties: [["a", "b=c"], ["d", ""]],
    },
  });
  assert.throws(
    () => messageOf({ ...fields, userProperties: "a" }),
    /expected name=value, found "a"/,
  );
});

Deno.test("admin page: a payload is text or hex, and says that it is cut", () => {
  const text = { encoding: "text", payload: "abc", isCut: false } as const;
  assert.equal(shownPayload(text), "abc");
  assert.equal(shownPayload(text, 2), "ab …");
  assert.equal(shownPayload({ ...text, isCut: true }), "abc …");
  const bytes = { encoding: "base64", payload: "AP8=", isCut: false } as const;
  assert.equal(shownPayload(bytes), "00 ff");
});

Deno.test("admin page: the log keeps its latest thousand events, with their fields", () => {
  const event = { category: "storage", time: "", level: "warn", event: "full" };
  const events = Array.from({ length: 1500 }, (_, id) => ({ id, ...event }));
  const lines = withMessage([], { events, missed: 0 });
  assert.deepEqual([lines.length, lines[0].id], [MOST_LINES, 500]);
  const full = { ...events[0], path: "/x", bytes: 3 };
  assert.equal(fieldsOf(full), "path=/x  bytes=3");
});

/** Figures of a broker that has received `received` messages. */
function figuresAt(time: number, received: number): Figures {
  return {
    ...{ time, clients: { connected: 3 }, sessions: { count: 4 } },
    ...{ subscriptions: { count: 5 }, storage: {}, bytes: {} },
    messages: { received, sent: 0, dropped: 0, retained: 0, queued: 0 },
    process: { cpuSeconds: null, rss: 1 },
  } as unknown as Figures;
}

Deno.test("admin page: the history goes on with the figures that come, for an hour", () => {
  const series = new Series();
  const begin = 1_700_000_000_000;
  const at = Array.from({ length: 361 }, (_, index) => begin + index * 10_000);
  series.reset({
    columns: ["received", "rss"],
    at,
    points: at.map((_, index) => [index * 20, index === 0 ? null : 7]),
  });
  assert.equal(series.times.length, 361);
  assert.deepEqual(series.level("rss").slice(0, 2), [null, 7]);
  assert.deepEqual(series.rate("received").slice(0, 3), [null, 2, 2]);
  const end = at.at(-1)!;
  for (let second = 1; second <= 7200; second++) {
    series.add(figuresAt(end + second * 1000, 7200 + second * 3));
  }
  const { times } = series;
  assert.equal(times.at(-1), end / 1000 + 7200);
  assert.ok(times.at(-1)! - times[0] <= 3600, "an hour");
  assert.ok(times.length > 350 && times.length < 450, `${times.length} points`);
  const rates = series.rate("received").slice(1);
  assert.ok(rates.every((rate) => Math.abs(rate! - 3) < 1e-9));
});

Deno.test("admin page: a broker that started anew has a new history", () => {
  const series = new Series();
  series.add(figuresAt(1_700_000_000_000, 100));
  series.add(figuresAt(1_700_000_010_000, 200));
  assert.deepEqual(series.rate("received"), [null, 10]);
  series.add(figuresAt(1_700_000_020_000, 5));
  assert.deepEqual(series.level("received"), [5]);
});

adminTest(
  "admin page: the status has each figure that the page shows",
  async (broker) => {
    await broker.test.advance(1000);
    const admin = await broker.program("viewer");
    const { json } = await admin.send("api/v1/status");
    const figures: Figures = json;
    const series = new Series();
    series.add(figures);
    const columns = [
      ...[
        "clients",
        "sessions",
        "subscriptions",
        "received",
        "sent",
        "dropped",
      ],
      ...["retained", "queued", "retainedBytes", "queuedBytes", "sessionBytes"],
      ...["bytesReceived", "bytesSent", "rss"],
    ] as const;
    for (const column of columns) {
      assert.equal(typeof series.level(column as "rss")[0], "number", column);
    }
    const history = await admin.send("api/v1/status/history");
    for (const column of [...columns, "cpuSeconds"]) {
      assert.ok(history.json.columns.includes(column), column);
    }
    const { storage, errors, listeners, lag, rates } = figures;
    const shown = [
      ...[figures.version, figures.uptime, storage.mode, storage.health],
      ...[storage.writtenToday.log, errors.slowTurns, listeners[0].name],
      ...[lag.longest, rates.perSecond, figures.alarms, figures.certificates],
      ...[figures.dropped.expired, figures.closed.broken],
    ];
    for (const [index, one] of shown.entries()) {
      assert.notEqual(one, undefined, `figure ${index}`);
    }
  },
);
