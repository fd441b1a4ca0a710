import assert from "node:assert/strict";
import { SMALLEST } from "../../src/session/output/buffers.ts";
import { hex } from "../support/bytes.ts";
import type { ManualClock } from "../support/manual_clock.ts";
import { rulesOf } from "../support/rules.ts";
import { settle } from "../support/settle.ts";
import { RuledSessions } from "./ruled_sessions.ts";
import { ScriptedStream } from "./scripted_stream.ts";

/** Reasons for which connections were closed, in order of their names. */
function closedFor({ context }: RuledSessions): string[] {
  return Object.entries(context.counters.closed)
    .filter(([, count]) => count > 0).map(([reason]) => reason).sort();
}

for (
  const [what, first, rest] of [
    ["TLS", "16", "03"],
    ["HTTP", "47", "45 54 20"],
    ["a PROXY header", "0d 0a", "0d 0a 00 0d 0a 51 55 49 54 0a"],
  ]
) {
  Deno.test(`the first bytes are taken for ${what} only when enough have come, else the connect timeout ends the connection`, async () => {
    const sessions = new RuledSessions(rulesOf([]));
    const late = sessions.open(4);
    await late.send(first);
    const client = sessions.open(4);
    await client.send(first);
    await settle();
    assert.deepEqual(closedFor(sessions), []);
    await client.send(rest);
    await client.expectClosed();
    assert.deepEqual(closedFor(sessions), ["unknown-protocol"]);
    (sessions.context.clock as ManualClock).advance(60_000);
    await late.expectClosed();
    assert.deepEqual(closedFor(sessions), [
      "connect-timeout",
      "unknown-protocol",
    ]);
  });
}

Deno.test("the buffer of an uncertain first byte does not depend on the packets of other connections", async () => {
  const sessions = new RuledSessions(rulesOf([]));
  // The first bytes of a CONNECT of 64 KiB.
  await sessions.open(4).send("10 80 80 04");
  await settle();
  const stream = new ScriptedStream();
  sessions.serve(stream);
  await stream.give(hex("16"));
  assert.equal(stream.reading!.bytes.length, SMALLEST - 1);
});
