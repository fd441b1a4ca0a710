import assert from "node:assert/strict";
import { Message, type QoS } from "../../src/mqtt/mod.ts";
import { PLAIN } from "../bench/bench_topics.ts";
import type { CachedTopic } from "../../src/router/matching/cached_topic.ts";
import { Readiness } from "../../src/router/subscribers/delivery.ts";
import { RecentChanges } from "../../src/router/matching/recent_changes.ts";
import { Router } from "../../src/router/router.ts";

Deno.test("recent changes: only the filters since then are compared", () => {
  const recent = new RecentChanges();
  ["a/+", "b/#", "c/+"].forEach((filter, i) => recent.note(2 + i, filter));
  assert.equal(recent.mayTouch("a/x", 1, 4), true);
  assert.equal(recent.mayTouch("a/x", 2, 4), false);
  assert.equal(recent.mayTouch("c/x", 3, 4), true);
  assert.equal(recent.mayTouch("d/x", 1, 4), false);
  assert.equal(recent.mayTouch("c/x", 4, 4), false);
});

Deno.test("recent changes: what is no longer known may touch everything", () => {
  const recent = new RecentChanges();
  for (let g = 2; g <= 1000; g++) recent.note(g, "a/+");
  assert.equal(recent.mayTouch("b", 999, 1000), false);
  assert.equal(recent.mayTouch("b", 1, 1000), true);
  assert.equal(recent.mayTouch("b".repeat(513), 999, 1000), true);
  recent.noteAll(1001);
  assert.equal(recent.mayTouch("b", 1000, 1001), true);
  assert.equal(recent.mayTouch("b", 1001, 1001), false);
});

Deno.test("router: a filter with wildcards outdates the routes it matches alone", () => {
  const router = new Router();
  const subscriber = {
    clientId: "c",
    slot: null,
    subscriptions: 0,
    readiness: () => Readiness.Free,
    deliver() {},
    receivable: (_: Message, qos: QoS) => qos,
  };
  const publish = (name: string): CachedTopic => {
    const topic = router.topicOf(name);
    router.publish(topic, new Message(topic, new Uint8Array(1), 0, 1), null);
    return router.topicOf(name);
  };
  router.subscribe(subscriber, "a/b", null, PLAIN);
  router.subscribe(subscriber, "a/+", null, PLAIN);
  const others = ["x/+", "a/+/b", "b/#", "+"];
  const [kept, touched] = ["a/b", "c/d"].map((name) => {
    for (let n = 0; n < 2; n++) publish(name);
    return publish(name);
  });
  const { route } = kept;
  assert.notEqual(route, null);
  for (const filter of others) {
    router.subscribe(subscriber, filter, null, PLAIN);
    assert.equal(publish("a/b").route, route, `${filter} does not match a/b`);
    router.unsubscribe(subscriber, filter, null);
  }
  router.sweep(0, 2000);
  assert.equal(kept.route, route, "housekeeping keeps what holds");
  router.subscribe(subscriber, "c/+", null, PLAIN);
  assert.equal(publish("a/b").route, route);
  assert.equal(publish("c/d").only?.subscriber, subscriber);
  router.unsubscribe(subscriber, "c/+", null);
  router.sweep(0, 2000);
  assert.equal(touched.only, null, "housekeeping lets go of what is outdated");
});
