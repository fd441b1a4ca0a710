import assert from "node:assert/strict";
import {
  Message,
  type QoS,
  type SubscriptionOptions,
} from "../../src/mqtt/mod.ts";
import {
  type Delivery,
  Readiness,
  Router,
  type SharedStrategy,
  type Subscriber,
} from "../../src/router/mod.ts";

const PLAIN: SubscriptionOptions = {
  qos: 1,
  noLocal: false,
  retainAsPublished: false,
  retainHandling: 0,
  identifier: 0,
};

class Member implements Subscriber {
  subscriptions = 0;
  slot = null;
  available = true;
  got = 0;
  last: Delivery | null = null;
  /** The topic it may not get. */
  denied = "";
  constructor(readonly clientId: string) {}
  deliver(_message: Message, delivery: Delivery): void {
    this.got++;
    this.last = delivery;
  }
  readiness(): Readiness {
    return this.available ? Readiness.Free : Readiness.Busy;
  }
  receivable({ topic }: Message, qos: QoS): QoS | -1 {
    return topic.text === this.denied ? -1 : qos;
  }
}

/** A group of four at `a/+`, and a way to publish to it. */
function groupOfFour(sharedStrategy: SharedStrategy, random = Math.random) {
  const router = new Router({ sharedStrategy, random });
  const members = ["m0", "m1", "m2", "m3"].map((id) => new Member(id));
  for (const member of members) router.subscribe(member, "a/+", "g", PLAIN);
  const publish = (name = "a/b", publisher: Subscriber | null = null) => {
    const topic = router.topicOf(name);
    const message = new Message(topic, new Uint8Array([1]), 0, 1);
    assert.equal(router.publish(topic, message, publisher), 1);
    const [receiver] = members.filter((member) => member.last !== null);
    assert.equal(receiver.last?.group?.name, "g");
    assert.equal(receiver.last?.group?.filter, "a/+");
    for (const member of members) member.last = null;
    return receiver;
  };
  return { router, members, publish };
}

Deno.test("shared: round robin goes round", () => {
  const { members, publish } = groupOfFour("round-robin");
  const order = Array.from({ length: 8 }, () => publish().clientId);
  assert.equal(new Set(order.slice(0, 4)).size, 4);
  assert.deepEqual(order.slice(4), order.slice(0, 4));
  members[1].available = false;
  for (let n = 0; n < 9; n++) publish();
  assert.deepEqual(members.map((member) => member.got), [5, 2, 5, 5]);
});

Deno.test("shared: random follows the numbers", () => {
  let next = 0;
  const numbers = [0.99, 0, 0.3, 0.5];
  const { members, publish } = groupOfFour(
    "random",
    () => numbers[next++ % numbers.length],
  );
  next = 0;
  for (const expected of [3, 0, 1, 2]) {
    assert.equal(publish(), members[expected]);
  }
  members[3].available = false;
  next = 0;
  assert.equal(publish(), members[0], "the next that can");
});

Deno.test("shared: sticky stays until its member cannot", () => {
  const { members, publish } = groupOfFour("sticky");
  const first = publish();
  for (let n = 0; n < 5; n++) assert.equal(publish(), first);
  first.available = false;
  const second = publish();
  assert.notEqual(second, first);
  first.available = true;
  assert.equal(publish(), second, "it does not go back");
  assert.equal(members.filter((member) => member.got > 0).length, 2);
});

Deno.test("shared: hash-client keeps a publisher with a member", () => {
  const { members, publish } = groupOfFour("hash-client");
  for (let id = 0; id < 40; id++) {
    const publisher = new Member(`publisher-${id}`);
    const member = publish("a/b", publisher);
    assert.equal(publish("a/c", publisher), member);
  }
  for (const member of members) assert.ok(member.got > 0, "spread over all");
});

Deno.test("shared: hash-topic keeps a topic with a member", () => {
  const { members, publish } = groupOfFour("hash-topic", () => 0.25);
  for (let id = 0; id < 40; id++) {
    const member = publish(`a/${id}`, new Member("p"));
    assert.equal(publish(`a/${id}`, new Member("q")), member);
  }
  for (const member of members) assert.ok(member.got > 0, "spread over all");
});

Deno.test("shared: when none can take it one queues it", () => {
  for (
    const strategy of [
      "round-robin",
      "random",
      "sticky",
      "hash-client",
      "hash-topic",
    ] as const
  ) {
    const { members, publish } = groupOfFour(strategy);
    for (const member of members) member.available = false;
    publish();
    members[2].available = true;
    assert.equal(publish(), members[2], strategy);
  }
});

Deno.test("shared: an unacknowledged message goes to another member", () => {
  const { router, members } = groupOfFour("sticky");
  const topic = router.topicOf("a/b");
  const message = new Message(topic, new Uint8Array([1]), 0, 1);
  router.publish(topic, message, null);
  const leaver = members.find((member) => member.last !== null) as Member;
  const delivery = leaver.last as Delivery;

  assert.ok(router.redistribute(message, delivery, leaver), "still a member");
  assert.equal(leaver.got, 1);
  router.unsubscribe(leaver, "a/+", "g");
  assert.ok(router.redistribute(message, delivery, leaver), "not any more");
  assert.equal(leaver.got, 1);
  assert.equal(members.reduce((sum, member) => sum + member.got, 0), 3);

  for (const member of members) router.unsubscribeAll(member);
  assert.equal(router.redistribute(message, delivery, leaver), false);
  // The group begins anew; what came by the old one finds the new one.
  const late = new Member("late");
  router.subscribe(late, "a/+", "g", PLAIN);
  assert.ok(router.redistribute(message, delivery, leaver));
  assert.equal(late.got, 1);
  assert.equal(
    router.redistribute(message, late.last as Delivery, late),
    false,
    "a member alone",
  );
});

for (
  const strategy of ["round-robin", "random", "sticky", "hash-topic"] as const
) {
  Deno.test(`shared: ${strategy} passes over who may not get it`, () => {
    const { router, members, publish } = groupOfFour(strategy);
    for (const member of members) member.denied = "a/b";
    members[2].denied = "";
    // The only one who may get it queues it, however busy it is.
    members[2].available = false;
    for (let n = 0; n < 8; n++) assert.equal(publish(), members[2]);
    members[2].denied = "a/b";
    const topic = router.topicOf("a/b");
    const message = new Message(topic, new Uint8Array([1]), 0, 1);
    assert.equal(router.publish(topic, message, null), 0, "nobody may");
    publish("a/c");
  });
}

Deno.test("shared: groups and plain subscriptions each get their copy", () => {
  const router = new Router();
  const one = new Member("one");
  const two = new Member("two");
  router.subscribe(one, "a/b", null, PLAIN);
  router.subscribe(one, "a/b", "g", PLAIN);
  router.subscribe(one, "a/+", "g", PLAIN);
  router.subscribe(two, "a/b", "h", PLAIN);
  const topic = router.topicOf("a/b");
  const message = new Message(topic, new Uint8Array([1]), 0, 1);
  assert.equal(router.publish(topic, message, null), 4);
  assert.deepEqual([one.got, two.got], [3, 1]);
});
