import assert from "node:assert/strict";
import { encodeUtf8, Message } from "../../src/mqtt/mod.ts";
import { Router } from "../../src/router/mod.ts";

function messageOf(router: Router, topic: string, bytes: number): Message {
  const message = new Message(
    router.topicOf(topic),
    new Uint8Array(bytes),
    0,
    bytes,
  );
  message.retain = true;
  return message;
}

function retain(router: Router, name: string, bytes: number): number {
  const text = encodeUtf8(name);
  const topic = router.topic(text, 0, text.length);
  return router.publish(topic, messageOf(router, name, bytes), null);
}

Deno.test("beyond a lowered limit a message that is no larger than the one before still replaces it", () => {
  const router = new Router();
  for (const topic of ["a", "b", "c"]) retain(router, topic, 1000);
  const { retained } = router;
  assert.equal(retained.messages, 3);
  retained.limits.maxBytes = 2000;
  const refused = retain(router, "d", 10);
  assert.ok(refused < 0, "a new one is refused");
  assert.equal(retain(router, "a", 1001), refused);
  assert.ok(retain(router, "a", 1000) >= 0);
  assert.ok(retain(router, "b", 10) >= 0);
  assert.equal(retained.messages, 3);
});
