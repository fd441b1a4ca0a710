import { Message } from "../../src/mqtt/mod.ts";
import { COUNT, topicChunk } from "./bench_topics.ts";
import type { RetainedCursor } from "../../src/router/retained/retained_cursor.ts";
import { Router } from "../../src/router/router.ts";

// Each iteration is one message of 64 bytes.
const { chunk, ends } = topicChunk();
const router = new Router();
let next = 0;

function store(): void {
  next = (next + 1) % COUNT;
  const topic = router.topic(
    chunk,
    next === 0 ? 0 : ends[next - 1],
    ends[next],
  );
  const message = new Message(topic, chunk, 0, 64);
  message.transient = true;
  message.retain = true;
  router.retained.apply(message);
}

for (let i = 0; i < COUNT; i++) store();

Deno.bench("retained: replace one of 100,000", store);

let cursor: RetainedCursor | null = null;
let fetched = 0;
Deno.bench("retained: fetch one of 100,000 with `#`", () => {
  if (cursor === null || cursor.done) cursor = router.retainedMatching("#");
  cursor.next(1, 0, () => fetched++);
});
