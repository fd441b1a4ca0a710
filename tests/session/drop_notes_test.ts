import assert from "node:assert/strict";
import { encodeUtf8, Topic } from "../../src/mqtt/mod.ts";
import { DropNotes } from "../../src/session/session/drop_notes.ts";
import { staying } from "../support/packets.ts";
import { rulesOf } from "../support/rules.ts";
import { RuledSessions } from "./ruled_sessions.ts";

for (
  const [policy, dropped] of [["drop-new", "t/3"], ["drop-old", "t/1"]] as const
) {
  Deno.test(`the topic that is noted is that of the message that ${policy} drops`, async () => {
    const sessions = new RuledSessions(rulesOf([{ topics: ["#"] }]), {
      session: { backlog_messages: 2, backlog_policy: policy },
    });
    const away = await sessions.connect(5, staying(5, "away"));
    await away.subscribe([["t/+", 1]]);
    await away.drop();
    const other = await sessions.connect(5, { clientId: "publisher" });
    for (const topic of ["t/1", "t/2", "t/3"]) {
      await other.publish({ topic, qos: 1, payload: "x" });
      await other.expectAck(4, 1, 0);
    }
    const { drops } = sessions.registry.get("away")!.queue;
    assert.deepEqual(
      drops.map(({ reason, count, lastTopic }) => [reason, count, lastTopic]),
      [["backlog-messages", 1, dropped]],
    );
  });
}

Deno.test("a note has the beginning of a long topic", () => {
  const notes = new DropNotes();
  for (const letter of ["x", "ü"]) {
    const text = letter.repeat(513);
    notes.note("expired", new Topic(text, encodeUtf8(text)), 0);
    assert.equal(notes.all()[0].lastTopic, `${letter.repeat(200)}…`);
  }
});
