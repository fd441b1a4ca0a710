import assert from "node:assert/strict";
import { MOST_TRACES } from "../../src/broker/trace/traces.ts";
import {
  readTraceSpec,
  type TraceSpec,
} from "../../src/broker/trace/trace_spec.ts";
import { hex } from "../support/bytes.ts";
import { TestBroker } from "../support/test_broker.ts";
import { Traced, traced } from "../session/traced.ts";

const PING = hex("c000");

Deno.test("trace: 1,000 rows a second, and the rest is counted where it is missing", async () => {
  const broker = new TestBroker();
  const client = await broker.connect(4);
  const trace = await traced(broker, { direction: "in" });
  await client.send(...Array.from({ length: 1500 }, () => PING));
  assert.equal(trace.rows.length, 1000);
  await broker.advance(1000);
  await client.send(PING);
  assert.equal(trace.rows.length, 1001);
  assert.deepEqual(trace.lines[1000], { missing: 500, why: "rate" });
  await client.send(...Array.from({ length: 1200 }, () => PING));
  await broker.advance(600_000);
  assert.deepEqual(trace.end, { end: "time", rows: 2000, missing: 701 });
  assert.deepEqual(trace.gaps.map(({ missing }) => missing), [500, 201]);
});

Deno.test("trace: rows that its reader does not take are dropped and counted", async () => {
  const broker = new TestBroker();
  const client = await broker.connect(4);
  const trace = await traced(broker, { direction: "in" });
  trace.isTaking = false;
  await client.send(PING, PING, PING);
  trace.isTaking = true;
  await client.send(PING);
  assert.deepEqual(trace.lines.length, 2);
  assert.deepEqual(trace.lines[0], { missing: 3, why: "reader" });
  assert.equal(trace.rows.length, 1);
});

Deno.test("trace: it ends after ten minutes unless another time is asked for", async () => {
  const broker = new TestBroker();
  const trace = await traced(broker);
  await broker.advance(599_999);
  assert.deepEqual(trace.lines, []);
  await broker.advance(1);
  assert.deepEqual(trace.lines, [{ end: "time", rows: 0, missing: 0 }]);
});

Deno.test("trace: four run at once, and each end makes room for another", async () => {
  const broker = new TestBroker();
  const traces = await broker.broker.steering.traces();
  const spec = readTraceSpec({}) as TraceSpec;
  const begun = Array.from(
    { length: MOST_TRACES },
    () => traces.start(spec, new Traced())!,
  );
  assert.equal(traces.start(spec, new Traced()), null);
  begun[1].end("stopped");
  assert.notEqual(traces.start(spec, new Traced()), null);
  assert.equal(traces.start(spec, new Traced()), null);
});

Deno.test("trace: a row lists 20 filters of a thousand, and says how many there are", async () => {
  const broker = new TestBroker();
  const client = await broker.connect(4);
  const trace = await traced(broker, { packets: ["subscribe", "suback"] });
  const filters = Array.from({ length: 1000 }, (_, index) => `a/${index}`);
  await client.send(client.packets.subscribe(1, filters));
  const [subscribe, suback] = trace.rows;
  assert.equal(subscribe.filters?.length, 20);
  assert.equal(subscribe.of, 1000);
  assert.equal(suback.codes?.length, 20);
  assert.equal(suback.of, 1000);
  const longest = Math.max(
    ...trace.lines.map((one) => JSON.stringify(one).length),
  );
  assert.ok(longest < 4096, String(longest));
});

Deno.test("trace: a choice that cannot be meant is refused with the reason", () => {
  for (
    const [asked, reason] of [
      [{ client: "" }, /^client must be/],
      [{ topic: "a/#/b" }, /^topic must be .*last character/],
      [{ topic: 1 }, /^topic must be/],
      [{ address: "10.0.0.1/8" }, /^address must be/],
      [{ direction: "up" }, /^direction must be/],
      [{ packets: [] }, /^packets must be a list of connect, connack/],
      [{ packets: ["toString"] }, /^packets must be/],
      [{ duration: 0 }, /^duration must be/],
      [{ duration: 1e12 }, /^duration must be/],
      [{ preview: 4097 }, /^preview must be/],
      [{ bytes: 1 }, /^bytes must be/],
    ] as const
  ) {
    const read = readTraceSpec(asked);
    assert.ok(typeof read === "string" && reason.test(read), String(read));
  }
});
