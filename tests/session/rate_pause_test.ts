import type { Connection } from "../../src/session/mod.ts";
import assert from "node:assert/strict";
import { rulesOf } from "../support/rules.ts";
import { RuledSessions } from "./ruled_sessions.ts";

Deno.test("a connection that closes in a pause for its rate leaves no timer behind", async () => {
  const sessions = new RuledSessions(rulesOf([{ topics: ["#"] }]), {
    limits: { publish_rate: 1 },
  });
  const client = await sessions.connect(5, { clientId: "c" });
  const connection = sessions.registry.get("c")!.connection as Connection;
  for (let n = 0; n < 3; n++) await client.publish({ topic: "t" });
  assert.equal(connection.pump.paused, "rate");
  assert.notEqual(connection.ratePause, null);
  await sessions.connect(5, { clientId: "c" });
  assert.equal(connection.ratePause, null);
  assert.equal(connection.pump.paused, null);
});
