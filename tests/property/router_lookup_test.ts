import assert from "node:assert/strict";
import { Readiness, Router, type Subscriber } from "../../src/router/mod.ts";

const options = {
  qos: 0,
  noLocal: false,
  retainAsPublished: false,
  retainHandling: 0,
  identifier: 0,
} as const;

Deno.test("router: a subscription is found by subscriber, filter and group", () => {
  const router = new Router();
  const subscriber = (): Subscriber => ({
    readiness: () => Readiness.Free,
    deliver() {},
    receivable: () => 0,
  } as unknown as Subscriber);
  const [one, other] = [subscriber(), subscriber()];
  router.subscribe(one, "a/+", null, options);
  router.subscribe(one, "b", "g", options);
  router.subscribe(other, "b", null, options);
  const found = (who: Subscriber) =>
    (["a/+", "a", "b", "c/#"] as const).flatMap((filter) =>
      [null, "g", "h"].filter((group) =>
        router.isSubscribed(who, filter, group)
      )
        .map((group) => `${group} ${filter}`)
    );
  assert.deepEqual(found(one), ["null a/+", "g b"]);
  assert.deepEqual(found(other), ["null b"]);
  router.unsubscribe(one, "a/+", null);
  assert.deepEqual(found(one), ["g b"]);
});
