import assert from "node:assert/strict";
import type { LoggedEvent } from "../../src/broker/mod.ts";
import { until, within } from "../support/wait.ts";
import {
  type AdminBroker,
  type AdminCaller,
  adminTest,
} from "./admin_broker.ts";

/** Logs an event, as the broker's log does for its tap. */
function log(broker: AdminBroker, overrides: Partial<LoggedEvent> = {}): void {
  const event = {
    ...{ time: 0, level: "info", category: "broker", event: "ready" } as const,
    ...overrides,
  };
  const { level, event: name } = event;
  const json =
    `{"time":"1970","level":"${level}","event":"${name}","x":"\\u009b"}`;
  broker.test.onLogged?.({ json, ...event });
}

/** Events of a stream of the log, as a program reads them. */
class LogReader implements AsyncDisposable {
  readonly #reader: ReadableStreamDefaultReader<string>;
  #text = "";

  private constructor(body: ReadableStream<Uint8Array<ArrayBuffer>>) {
    this.#reader = body.pipeThrough(new TextDecoderStream()).getReader();
  }

  static async open(
    caller: AdminCaller,
    query = "",
    headers: Readonly<Record<string, string>> = {},
  ): Promise<LogReader> {
    const answer = await caller.fetch(`api/v1/logs${query}`, { headers });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get("content-type"), "text/event-stream");
    return new LogReader(answer.body!);
  }

  /** Returns the next message: its number, and its data. */
  async next() {
    for (;;) {
      const match = /^id: (\d+)\nevent: logs\ndata: (.*)\n\n/m.exec(this.#text);
      if (match !== null) {
        this.#text = this.#text.slice(match.index + match[0].length);
        return {
          id: Number(match[1]),
          text: match[2],
          ...JSON.parse(match[2]),
        };
      }
      const { value } = await within("a log event", this.#reader.read());
      this.#text += value ?? "";
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reader.cancel();
  }
}

/** Moves time on until the next message comes. */
async function nextOf(broker: AdminBroker, reader: LogReader) {
  let isThere = false;
  const next = reader.next().finally(() => isThere = true);
  await until("a log event", async () => {
    // The broker's thread may not have heard of the reader yet.
    if (!isThere) await broker.test.advance(100);
    return isThere;
  });
  return await next;
}

adminTest(
  "admin logs: a reader gets the last events, then those that come",
  async (broker) => {
    log(broker, { event: "early" });
    const admin = await broker.program("admin");
    await using first = await LogReader.open(admin);
    const before = await first.next();
    assert.deepEqual([before.id, before.events[0].event], [1, "early"]);
    log(broker, { event: "one" });
    log(broker, { level: "debug", event: "unseen" });
    log(broker, { level: "error", event: "two", category: "storage" });
    const { id, events, last, missed, text } = await nextOf(broker, first);
    assert.deepEqual([id, last, missed], [4, 4, 0]);
    assert.deepEqual(events, [
      {
        ...{ id: 2, category: "broker", time: "1970", level: "info" },
        ...{ event: "one", x: "\u009b" },
      },
      {
        ...{ id: 4, category: "storage", time: "1970", level: "error" },
        ...{ event: "two", x: "\u009b" },
      },
    ]);
    assert.match(text, /\\u009b/, "no control character goes to a terminal");
    await using second = await LogReader.open(
      admin,
      "?level=debug&category=broker&after=2",
    );
    const names = ({ events }: { events: { event: string }[] }) =>
      events.map(({ event }) => event);
    assert.deepEqual(names(await second.next()), ["unseen"]);
    log(broker, { event: "three", category: "access" });
    log(broker, { event: "four" });
    assert.deepEqual(names(await nextOf(broker, first)), ["three", "four"]);
    assert.deepEqual(names(await nextOf(broker, second)), ["four"]);
    // As a browser connects again.
    await using again = await LogReader.open(admin, "", {
      "last-event-id": "5",
    });
    assert.deepEqual(names(await again.next()), ["four"]);
  },
);

adminTest("admin logs: what is no longer kept is counted", async (broker) => {
  const admin = await broker.program("admin");
  await using reader = await LogReader.open(admin);
  await reader.next();
  for (let at = 0; at < 510; at++) log(broker);
  const { events, missed } = await nextOf(broker, reader);
  assert.deepEqual([events.length, missed], [500, 10]);
});

adminTest(
  "admin logs: only administrators read them, and only with known levels",
  async (broker) => {
    const viewer = await broker.program("viewer");
    assert.equal(await viewer.status("api/v1/logs"), 403);
    assert.equal(await broker.anyone.status("api/v1/logs"), 401);
    assert.equal(await viewer.status("api/v1/events?channels=logs"), 400);
    const admin = await broker.program("admin");
    for (const query of ["level=loud", "category=x", "after=-1", "more=1"]) {
      assert.equal(await admin.status(`api/v1/logs?${query}`), 400, query);
    }
  },
);
