import assert from "node:assert/strict";
import { encodeUtf8 } from "../../src/mqtt/mod.ts";
import { CachedTopic } from "../../src/router/matching/cached_topic.ts";
import { Delivery, Readiness } from "../../src/router/subscribers/delivery.ts";
import { MatchCache } from "../../src/router/matching/match_cache.ts";
import { Route } from "../../src/router/subscribers/route.ts";
import { hashTopic } from "../../src/router/levels/topic_hash.ts";

function topicOf(text: string): CachedTopic {
  const bytes = encodeUtf8(text);
  const hash = hashTopic(bytes, 0, bytes.length, 1);
  return new CachedTopic(text, bytes, hash, false);
}

/** Looks a topic up as the router does; a miss offers it to the cache. */
function use(cache: MatchCache, text: string): boolean {
  const topic = topicOf(text);
  const { bytes, hash } = topic;
  const found = cache.find(bytes, 0, bytes.length, hash);
  if (found === null) cache.admit(topic);
  return found !== null;
}

Deno.test("match cache: a topic is held from its second miss on", () => {
  const cache = new MatchCache(64);
  assert.deepEqual([1, 2, 3, 4].map(() => use(cache, "a/b")), [
    false,
    false,
    true,
    true,
  ]);
  assert.equal(cache.size, 1);
  assert.equal(use(cache, "a/c"), false);
});

Deno.test("match cache: grows to its bound and not beyond", () => {
  const cache = new MatchCache(4096);
  for (let round = 0; round < 4; round++) {
    for (let i = 0; i < 20_000; i++) use(cache, `topic/${i}`);
  }
  assert.ok(cache.size <= 4096);
  assert.ok(cache.size > 3000, "it is used");
});

Deno.test("match cache: a topic of 512 bytes is held, a longer one is not", () => {
  const cache = new MatchCache(64);
  const longest = "x".repeat(512);
  for (let n = 0; n < 3; n++) {
    use(cache, longest);
    use(cache, `${longest}y`);
  }
  assert.deepEqual([...cache.topics()].map(({ text }) => text), [longest]);
});

Deno.test("match cache: topics in use stay while others pass by", () => {
  const cache = new MatchCache(64);
  const busy = Array.from({ length: 16 }, (_, i) => `busy/${i}`);
  for (let n = 0; n < 2; n++) for (const text of busy) use(cache, text);
  let hits = 0;
  for (let i = 0; i < 1000; i++) {
    use(cache, `passing/${i}`);
    use(cache, `passing/${i}`);
    for (const text of busy) if (use(cache, text)) hits++;
  }
  assert.ok(hits > 1000 * 16 * 0.9, `${hits} of 16,000`);
});

Deno.test("match cache: more topics in turn than it has room for still hit", () => {
  const cache = new MatchCache(512);
  let hits = 0;
  for (let round = 0; round < 20; round++) {
    hits = 0;
    for (let i = 0; i < 1500; i++) if (use(cache, `topic/${i}`)) hits++;
  }
  assert.ok(hits > 300, `${hits} of 1,500: a third could`);
});

Deno.test("match cache: routes together stay within a bound", () => {
  const cache = new MatchCache(8);
  const subscriber = {
    clientId: "",
    slot: null,
    subscriptions: 0,
    readiness: () => Readiness.Free,
    deliver() {},
    receivable: () => 0 as const,
  };
  const deliveries = new Array(100).fill(
    new Delivery(subscriber, 0, false, null, null),
  );
  const held: CachedTopic[] = [];
  for (let i = 0; i < 6; i++) {
    const topic = topicOf(`topic/${i}`);
    cache.admit(topic);
    cache.admit(topic);
    topic.route = new Route(deliveries, [], 100);
    cache.hold(topic, 0);
    held.push(topic);
    assert.ok(topic.route !== null, "the newest keeps its route");
  }
  // 8 topics may have 128 places.
  assert.equal(cache.weight, 100);
  assert.equal(held.filter((topic) => topic.route !== null).length, 1);
});
