import { Message } from "../../src/mqtt/mod.ts";
import {
  COUNT,
  CountingSubscriber,
  PLAIN,
  topicChunk,
  topicFilter,
} from "./bench_topics.ts";
import { Router } from "../../src/router/router.ts";

// Each iteration looks up one topic by its bytes and publishes to it.
const { chunk, ends } = topicChunk();
const subscriber = new CountingSubscriber();

function routerOf(cacheSize: number): Router {
  const router = new Router({ cacheSize });
  for (let i = 0; i < COUNT; i++) {
    router.subscribe(subscriber, topicFilter(i), null, PLAIN);
  }
  return router;
}

function bench(name: string, router: Router, topics: number): void {
  const topic = router.topic(chunk, 0, ends[0]);
  const message = new Message(topic, chunk, 0, 64);
  let next = 0;
  Deno.bench(name, () => {
    next = (next + 1) % topics;
    const start = next === 0 ? 0 : ends[next - 1];
    const topic = router.topic(chunk, start, ends[next]);
    router.publish(topic, message, null);
  });
}

const large = routerOf(131_072);
bench("match cache: the same topic again", large, 1);
bench("match cache: 50 topics in turn", large, 50);
bench("match cache: 100,000 topics in turn", large, COUNT);
bench("match cache: 100,000 topics, room for 64", routerOf(64), COUNT);
