import { Message } from "../../src/mqtt/mod.ts";
import {
  COUNT,
  CountingSubscriber,
  PLAIN,
  topicChunk,
  topicFilter,
} from "./bench_topics.ts";
import { Router } from "../../src/router/router.ts";

// Each iteration publishes 1,000 messages to topics that take turns, while
// another client subscribes or unsubscribes so many times a second, each time
// with a filter that has a wildcard.
const BATCH = 1000;

const { chunk, ends } = topicChunk();
const restless = new CountingSubscriber();
const router = new Router();
const subscriber = new CountingSubscriber();
for (let i = 0; i < COUNT; i++) {
  router.subscribe(subscriber, topicFilter(i), null, PLAIN);
}
const message = new Message(router.topic(chunk, 0, ends[0]), chunk, 0, 64);

function publish(i: number): void {
  const start = i === 0 ? 0 : ends[i - 1];
  router.publish(router.topic(chunk, start, ends[i]), message, null);
}

let changed = 0;

function change(): void {
  const filter = topicFilter((changed >> 1) * 3 % COUNT + 2);
  if (changed++ % 2 === 0) router.subscribe(restless, filter, null, PLAIN);
  else router.unsubscribe(restless, filter, null);
}

function bench(topics: number, changes: number): void {
  let next = 0;
  let due = performance.now();
  Deno.bench({
    name: `churn: ${topics} topics in turn, ${changes} SUBSCRIBE a second`,
    group: `${topics} topics`,
    baseline: changes === 0,
    fn() {
      const now = performance.now();
      for (; changes > 0 && due < now; due += 1000 / changes) change();
      for (let n = 0; n < BATCH; n++) publish(next = (next + 1) % topics);
    },
  });
}

for (const topics of [1, 50, COUNT]) {
  for (const changes of [0, 1, 10, 100, 1000]) bench(topics, changes);
}
