import assert from "node:assert/strict";
import fc from "fast-check";
import {
  Message,
  ProtocolError,
  type QoS,
  ReasonCode,
  type SubscriptionOptions,
  topicMatches,
} from "../../src/mqtt/mod.ts";
import {
  type CachedTopic,
  type Delivery,
  Readiness,
  Router,
  type Subscriber,
} from "../../src/router/mod.ts";

/** Few words, so that filters and topics often meet. */
const WORDS = ["", "a", "b", "$a", "a-level-with-a-long-name"];
const CLIENTS = 4;

const PLAIN: SubscriptionOptions = {
  qos: 1,
  noLocal: false,
  retainAsPublished: false,
  retainHandling: 0,
  identifier: 0,
};

interface Received {
  readonly clientId: string;
  readonly delivery: Delivery;
}

class Client implements Subscriber {
  subscriptions = 0;
  readonly slot = null;
  readiness(): Readiness {
    return Readiness.Free;
  }
  constructor(readonly clientId: string, readonly log: Received[]) {}
  deliver(_message: Message, delivery: Delivery): void {
    assert.equal(delivery.subscriber, this);
    this.log.push({ clientId: this.clientId, delivery });
  }
  receivable(_message: Message, qos: QoS): QoS {
    return qos;
  }
}

interface Held {
  readonly client: number;
  readonly filter: string;
  readonly group: string | null;
  readonly options: SubscriptionOptions;
}

/** Met again and again, so that what is remembered of them matters. */
const FAVOURITES = ["a", "a/b", "$a/b"];

const topicName = fc.oneof(
  fc.constantFrom(...FAVOURITES),
  fc.array(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 4 })
    .map((levels) => levels.join("/")).filter((name) => name !== ""),
);

const topicFilter = fc.oneof(
  fc.constantFrom(...FAVOURITES),
  fc.tuple(
    fc.array(fc.constantFrom(...WORDS, "+", "+"), { maxLength: 4 }),
    fc.boolean(),
  ).map(([levels, rest]) => (rest ? [...levels, "#"] : levels).join("/"))
    .filter((filter) => filter !== ""),
);

const options: fc.Arbitrary<SubscriptionOptions> = fc.record({
  qos: fc.constantFrom<QoS>(0, 1, 2),
  noLocal: fc.boolean(),
  retainAsPublished: fc.boolean(),
  retainHandling: fc.constantFrom<0 | 1 | 2>(0, 1, 2),
  identifier: fc.integer({ min: 0, max: 3 }),
}, { noNullPrototype: true });

const client = fc.nat(CLIENTS - 1);
const group = fc.constantFrom(null, null, null, "g", "h");
const subscribe = fc.record({
  kind: fc.constant("subscribe" as const),
  client,
  filter: topicFilter,
  group,
  options,
});
const unsubscribe = fc.record({
  kind: fc.constant("unsubscribe" as const),
  pick: fc.nat(),
  filter: topicFilter,
});
const end = fc.record({ kind: fc.constant("end" as const), client });
const publish = fc.record({
  kind: fc.constant("publish" as const),
  topic: topicName,
  publisher: fc.option(client),
  /** With the topic object of the first time, as a topic alias would. */
  old: fc.boolean(),
});
/** A client that comes and goes, more often than the router remembers. */
const churn = fc.record({
  kind: fc.constant("churn" as const),
  client,
  filter: topicFilter,
  group,
  options,
  times: fc.integer({ min: 1, max: 300 }),
});
/** Enough other topics to throw all out of a small cache. */
const flood = fc.constant({ kind: "flood" as const });

const steps = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: subscribe },
    { weight: 2, arbitrary: unsubscribe },
    { weight: 1, arbitrary: end },
    { weight: 8, arbitrary: publish },
    { weight: 1, arbitrary: churn },
    { weight: 1, arbitrary: flood },
    { weight: 1, arbitrary: fc.constant({ kind: "sweep" as const }) },
  ),
  { maxLength: 80, size: "max" },
);

/** What a naive broker would send: subscriptions tried one by one. */
function expected(
  held: readonly Held[],
  name: string,
  publisher: number | null,
): { plain: Map<number, unknown>; groups: Set<string> } {
  const plain = new Map<number, unknown>();
  const groups = new Set<string>();
  for (let client = 0; client < CLIENTS; client++) {
    const mine = held.filter((one) =>
      one.client === client && one.group === null &&
      topicMatches(one.filter, name) &&
      !(one.options.noLocal && client === publisher)
    );
    if (mine.length === 0) continue;
    const identifiers = mine.map((one) => one.options.identifier)
      .filter((identifier) => identifier > 0);
    plain.set(client, {
      qos: Math.max(...mine.map((one) => one.options.qos)),
      retainAsPublished: mine.some((one) => one.options.retainAsPublished),
      identifiers: identifiers.length === 0 ? null : identifiers,
    });
  }
  for (const one of held) {
    if (one.group !== null && topicMatches(one.filter, name)) {
      groups.add(`${one.group} ${one.filter}`);
    }
  }
  return { plain, groups };
}

class Model {
  readonly log: Received[] = [];
  readonly clients: Client[] = [];
  held: Held[] = [];
  /** Topics as a topic alias keeps them, perhaps long after their eviction. */
  readonly #old = new Map<string, CachedTopic>();
  readonly router: Router;

  constructor(cacheSize: number) {
    this.router = new Router({ cacheSize, random: () => 0.5 });
    for (let i = 0; i < CLIENTS; i++) {
      this.clients.push(new Client(`client-${i}`, this.log));
    }
  }

  subscribe(one: Held): void {
    const at = this.held.findIndex((other) =>
      other.client === one.client && other.filter === one.filter &&
      other.group === one.group
    );
    const isNew = this.router.subscribe(
      this.clients[one.client],
      one.filter,
      one.group,
      one.options,
    );
    assert.equal(isNew, at < 0);
    if (at < 0) this.held.push(one);
    else this.held[at] = one;
  }

  unsubscribe(pick: number, filter: string, isHeld = pick % 4 > 0): void {
    const one = this.held.length > 0 && isHeld
      ? this.held[pick % this.held.length]
      : { client: pick % CLIENTS, filter, group: null };
    const at = this.held.findIndex((other) =>
      other.client === one.client && other.filter === one.filter &&
      other.group === one.group
    );
    assert.equal(
      this.router.unsubscribe(
        this.clients[one.client],
        one.filter,
        one.group,
      ),
      at >= 0,
    );
    if (at >= 0) this.held.splice(at, 1);
  }

  /** Subscribes and unsubscribes in turn, `times` in all. */
  churn(one: Held, times: number): void {
    for (let i = 0; i < times; i++) {
      const at = this.held.findIndex((other) =>
        other.client === one.client && other.filter === one.filter &&
        other.group === one.group
      );
      if (at < 0) this.subscribe(one);
      else this.unsubscribe(at, one.filter, true);
    }
  }

  end(client: number): void {
    this.router.unsubscribeAll(this.clients[client]);
    this.held = this.held.filter((one) => one.client !== client);
  }

  publish(name: string, publisher: number | null, old: boolean): void {
    const topic = this.#topic(name, old);
    assert.equal(topic.text, name);
    this.log.length = 0;
    const count = this.router.publish(
      topic,
      new Message(topic, new Uint8Array([1]), 0, 1),
      publisher === null ? null : this.clients[publisher],
    );
    assert.equal(count, this.log.length);
    const { plain, groups } = expected(this.held, name, publisher);
    for (const { clientId, delivery } of this.log) {
      if (delivery.group !== null) {
        const { name, filter } = delivery.group;
        assert.ok(groups.delete(`${name} ${filter}`), "one to each group");
        assert.ok(
          this.held.some((one) =>
            this.clients[one.client].clientId === clientId &&
            one.group === name && one.filter === filter
          ),
          "goes to a member",
        );
        continue;
      }
      const client = this.clients.findIndex((one) => one.clientId === clientId);
      const { qos, retainAsPublished, identifiers } = delivery;
      assert.deepEqual(
        { qos, retainAsPublished, identifiers },
        plain.get(client),
      );
      plain.delete(client);
    }
    assert.equal(plain.size, 0, "nobody is left out");
    assert.equal(groups.size, 0, "no group is left out");
  }

  flood(): void {
    for (let i = 0; i < 100; i++) {
      const topic = this.router.topicOf(`flood/${i}`);
      this.router.publish(
        topic,
        new Message(topic, new Uint8Array([1]), 0, 1),
        null,
      );
    }
  }

  #topic(name: string, old: boolean): CachedTopic {
    const topic = old ? this.#old.get(name) : undefined;
    if (topic !== undefined) return topic;
    const fresh = this.router.topicOf(name);
    if (!this.#old.has(name)) this.#old.set(name, fresh);
    return fresh;
  }

  checkLists(): void {
    assert.equal(this.router.subscriptionCount, this.held.length);
    assert.equal(
      this.router.sharedSubscriptionCount,
      this.held.filter((one) => one.group !== null).length,
    );
    this.clients.forEach((client, index) => {
      assert.deepEqual(
        [...this.router.subscriptionsOf(client)],
        this.held.filter((one) => one.client === index)
          .map(({ filter, group, options }) => ({ filter, group, options })),
      );
    });
  }
}

Deno.test("router: many subscribers to one filter", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(39), fc.boolean()), {
        minLength: 60,
        maxLength: 200,
        size: "max",
      }),
      fc.constantFrom("a/b", "a/+"),
      fc.constantFrom(null, "g"),
      (changes, filter, group) => {
        const router = new Router();
        const log: Received[] = [];
        const clients = Array.from(
          { length: 40 },
          (_, i) => new Client(`client-${i}`, log),
        );
        const held = new Set<Client>();
        const topic = router.topicOf("a/b");
        const message = new Message(topic, new Uint8Array([1]), 0, 1);
        for (const [index, joins] of changes) {
          const client = clients[index];
          if (joins) {
            assert.equal(
              router.subscribe(client, filter, group, PLAIN),
              !held.has(client),
            );
            held.add(client);
          } else {
            assert.equal(
              router.unsubscribe(client, filter, group),
              held.delete(client),
            );
          }
          // Round robin: as many messages as members reach each of them.
          log.length = 0;
          for (let n = group === null ? 1 : held.size; n > 0; n--) {
            router.publish(topic, message, null);
          }
          assert.equal(log.length, held.size);
          assert.deepEqual(
            new Set(log.map((one) => one.delivery.subscriber)),
            held,
          );
        }
      },
    ),
    { numRuns: 60 },
  );
});

function routesLikeNaive(cacheSize: number): void {
  fc.assert(
    fc.property(steps, (steps) => {
      const model = new Model(cacheSize);
      for (const step of steps) {
        if (step.kind === "subscribe") model.subscribe(step);
        else if (step.kind === "unsubscribe") {
          model.unsubscribe(step.pick, step.filter);
        } else if (step.kind === "end") model.end(step.client);
        else if (step.kind === "flood") model.flood();
        else if (step.kind === "sweep") model.router.sweep(0, 2000);
        else if (step.kind === "churn") model.churn(step, step.times);
        else model.publish(step.topic, step.publisher, step.old);
      }
      model.checkLists();
      for (let i = 0; i < CLIENTS; i++) model.end(i);
      assert.equal(model.router.subscriptionCount, 0);
      assert.equal(model.router.subscriberCount, 0);
    }),
    { numRuns: 300 },
  );
}

Deno.test("router: routes like the naive matcher", () => {
  routesLikeNaive(1024);
});

Deno.test("router: routes like the naive matcher while topics are evicted", () => {
  routesLikeNaive(8);
});

Deno.test("router: topic names are checked as they come in", () => {
  const router = new Router();
  const rejects = (bytes: number[], reasonCode: number) =>
    assert.throws(
      () => router.topic(new Uint8Array(bytes), 0, bytes.length),
      (error) =>
        error instanceof ProtocolError && error.reasonCode === reasonCode,
    );
  rejects([], ReasonCode.TopicNameInvalid);
  rejects([0x61, 0x2f, 0x2b], ReasonCode.TopicNameInvalid);
  rejects([0x61, 0x2f, 0x23], ReasonCode.TopicNameInvalid);
  rejects([0x61, 0xc0, 0x80], ReasonCode.MalformedPacket);
  rejects([0xed, 0xa0, 0x80], ReasonCode.MalformedPacket);
  const chunk = new Uint8Array([0x2b, 0x61, 0x2f, 0xc3, 0xa9, 0x23]);
  const topic = router.topic(chunk, 1, 5);
  assert.equal(topic.text, "a/é");
  chunk.fill(0);
  assert.deepEqual(topic.bytes, new Uint8Array([0x61, 0x2f, 0xc3, 0xa9]));
  assert.throws(() => new Router({ cacheSize: 0 }), RangeError);
});
