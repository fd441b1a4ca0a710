import assert from "node:assert/strict";
import fc from "fast-check";
import { Message, topicMatches } from "../../src/mqtt/mod.ts";
import { Readiness, RETAINED_FULL, Router } from "../../src/router/mod.ts";

const WORDS = ["", "a", "b", "c", "$a"];

interface Kept {
  readonly payload: number[];
  readonly expiresAt: number;
  readonly version: number;
  readonly size: number;
}

const topicName = fc.array(fc.constantFrom(...WORDS), {
  minLength: 1,
  maxLength: 3,
}).map((levels) => levels.join("/")).filter((name) => name !== "");

const topicFilter = fc.tuple(
  fc.array(fc.constantFrom(...WORDS, "+", "+"), { maxLength: 3 }),
  fc.boolean(),
).map(([levels, rest]) => (rest ? [...levels, "#"] : levels).join("/"))
  .filter((filter) => filter !== "");

const steps = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        kind: fc.constant("set" as const),
        topic: topicName,
        // Some in blocks, some too long for them.
        length: fc.constantFrom(1, 20, 300, 900, 2000),
        expiresIn: fc.constantFrom(Infinity, Infinity, 1, 3),
        properties: fc.boolean(),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant("clear" as const),
        topic: topicName,
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant("fetch" as const),
        filter: topicFilter,
      }),
    },
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant("slice" as const),
        max: fc.nat(7),
      }),
    },
    { weight: 1, arbitrary: fc.constant({ kind: "tick" as const }) },
    { weight: 1, arbitrary: fc.constant({ kind: "sweep" as const }) },
  ),
  { maxLength: 250, size: "max" },
);

class Model {
  readonly router = new Router({ cacheSize: 8 });
  readonly kept = new Map<string, Kept>();
  readonly fetches: Fetch[] = [];
  /** What the listener was told of, by topic. */
  readonly told = new Map<string, number[]>();
  now = 0;
  #version = 0;

  constructor() {
    this.router.retained.listener = {
      retained: (place) => {
        const { retained } = this.router;
        const message = retained.messageAt(place);
        const name = retained.topicOf(place);
        if (message === null) this.told.delete(name);
        else this.told.set(name, payloadOf(message));
        // As if it were written at once.
        place.block = 1;
      },
    };
  }

  set(name: string, length: number, expiresAt: number, more: boolean): void {
    const version = ++this.#version;
    const payload = Array.from({ length }, (_, i) => version + i & 0xff);
    const topic = this.router.topicOf(name);
    const chunk = new Uint8Array([7, 7, ...payload, 7]);
    const message = new Message(topic, chunk, 2, 2 + length);
    message.transient = true;
    message.retain = true;
    message.qos = 1;
    message.expiresAt = expiresAt;
    if (more) message.properties = new Uint8Array([1, version & 1]);
    this.router.publish(topic, message, null);
    // A transient message is a view: the chunk is used again.
    chunk.fill(9);
    this.kept.set(name, { payload, expiresAt, version, size: message.size });
  }

  clear(name: string): void {
    const topic = this.router.topicOf(name);
    const message = new Message(topic, new Uint8Array(0), 0, 0);
    message.retain = true;
    this.router.publish(topic, message, null);
    this.kept.delete(name);
  }

  /** What is kept and has not expired is what it should be. */
  check(): void {
    const { retained } = this.router;
    for (const [name, { payload, expiresAt }] of this.kept) {
      const message = retained.get(name);
      if (message === null) {
        assert.ok(expiresAt <= this.now, "only what expired may be gone");
        this.kept.delete(name);
        continue;
      }
      assert.deepEqual(payloadOf(message), payload);
      assert.equal(message.topic.text, name);
      assert.deepEqual(message.topic.bytes, new TextEncoder().encode(name));
      assert.ok(message.retain);
      assert.equal(message.qos, 1);
      assert.equal(message.expiresAt, expiresAt);
    }
    assert.equal(retained.messages, this.kept.size);
    let bytes = 0;
    for (const { size } of this.kept.values()) bytes += size;
    assert.equal(retained.bytes, bytes);
    assert.deepEqual(
      [...this.told.keys()].sort(),
      [...this.kept.keys()].sort(),
    );
    for (const [name, { payload }] of this.kept) {
      assert.deepEqual(this.told.get(name), payload);
    }
  }
}

class Fetch {
  readonly #model: Model;
  readonly #filter: string;
  readonly #cursor;
  /** Versions there were when it began. */
  readonly #before = new Map<string, number>();
  readonly #got = new Map<string, number>();

  constructor(model: Model, filter: string) {
    this.#model = model;
    this.#filter = filter;
    this.#cursor = model.router.retainedMatching(filter);
    for (const [name, { version }] of model.kept) {
      if (topicMatches(filter, name)) this.#before.set(name, version);
    }
  }

  /** True when it is done. */
  slice(max: number): boolean {
    let visits = 0;
    this.#cursor.next(max, this.#model.now, (message) => {
      const name = message.topic.text;
      const kept = this.#model.kept.get(name);
      assert.ok(kept !== undefined, "never a message that was removed");
      assert.ok(kept.expiresAt > this.#model.now, "never an expired one");
      assert.deepEqual(payloadOf(message), kept.payload, "never a stale one");
      assert.equal(this.#before.get(name), kept.version, "none from since");
      assert.ok(!this.#got.has(name), "each topic once");
      this.#got.set(name, kept.version);
      visits++;
    });
    assert.ok(visits <= max);
    if (!this.#cursor.done) return false;
    for (const [name, version] of this.#before) {
      if (this.#got.has(name)) continue;
      const kept = this.#model.kept.get(name);
      assert.ok(
        kept === undefined || kept.version !== version ||
          kept.expiresAt <= this.#model.now,
        `${name} stayed and matches ${this.#filter}`,
      );
    }
    return true;
  }
}

function payloadOf(message: Message): number[] {
  return [...message.bytes.subarray(message.payloadStart, message.payloadEnd)];
}

Deno.test("retained: cursors and contents under any interleaving", () => {
  fc.assert(
    fc.property(steps, (steps) => {
      const model = new Model();
      for (const step of steps) {
        if (step.kind === "set") {
          const expiresAt = model.now + step.expiresIn;
          model.set(step.topic, step.length, expiresAt, step.properties);
        } else if (step.kind === "clear") model.clear(step.topic);
        else if (step.kind === "fetch") {
          model.fetches.push(new Fetch(model, step.filter));
        } else if (step.kind === "slice") {
          if (model.fetches[0]?.slice(step.max)) model.fetches.shift();
        } else if (step.kind === "tick") model.now++;
        else model.router.sweep(model.now, 5);
      }
      model.check();
      while (model.fetches.length > 0) {
        if (model.fetches[0].slice(3)) model.fetches.shift();
      }
    }),
    { numRuns: 150 },
  );
});

Deno.test("retained: sweeping removes what expired, a bounded slice a call", () => {
  const model = new Model();
  for (let i = 0; i < 100; i++) {
    model.set(i % 2 ? `a/${i}` : `$x/${i}`, 3, i < 60 ? 5 : 9, false);
  }
  const { retained } = model.router;
  model.router.sweep(4, 1000);
  assert.equal(retained.messages, 100);
  model.router.sweep(5, 20);
  const afterSlice = retained.messages;
  assert.ok(afterSlice < 100 && afterSlice >= 80);
  for (let n = 0; n < 10; n++) model.router.sweep(5, 20);
  assert.equal(retained.messages, 40);
  for (let n = 0; n < 12; n++) model.router.sweep(9, 20);
  assert.equal(retained.messages, 0);
  assert.equal(retained.bytes, 0);
  assert.equal(model.told.size, 0);
});

Deno.test("retained: what does not fit is refused and goes to nobody", () => {
  const router = new Router({ retainedMessages: 2, retainedBytes: 20 });
  let delivered = 0;
  router.subscribe(
    {
      clientId: "c",
      slot: null,
      subscriptions: 0,
      readiness: () => Readiness.Free,
      deliver: () => void delivered++,
      receivable: (_, qos) => qos,
    },
    "#",
    null,
    {
      qos: 0,
      noLocal: false,
      retainAsPublished: false,
      retainHandling: 0,
      identifier: 0,
    },
  );
  const publish = (name: string, length: number) => {
    const topic = router.topicOf(name);
    const message = new Message(topic, new Uint8Array(length), 0, length);
    message.retain = true;
    return router.publish(topic, message, null);
  };
  assert.equal(publish("a", 5), 1);
  assert.equal(publish("b", 5), 1);
  assert.equal(publish("c", 5), RETAINED_FULL, "a third message");
  assert.equal(publish("b", 15), RETAINED_FULL, "too many bytes");
  assert.equal(router.retained.get("b")?.payloadLength, 5);
  assert.equal(publish("b", 13), 1, "20 bytes");
  assert.equal(publish("a", 0), 1);
  assert.equal(publish("c", 5), 1);
  assert.equal(delivered, 5);
  assert.equal(router.retained.messages, 2);
  assert.equal(router.retained.bytes, 20);
});

Deno.test("retained: restored messages are there, past limits and unannounced", () => {
  const router = new Router({ retainedMessages: 1 });
  let announced = 0;
  router.retained.listener = {
    retained: () => void announced++,
  };
  for (const name of ["a", "b"]) {
    const topic = router.topicOf(name);
    const message = new Message(topic, new Uint8Array([1, 2]), 0, 2);
    message.retain = true;
    router.retained.restore(message);
  }
  assert.equal(announced, 0);
  assert.equal(router.retained.messages, 2);
  assert.deepEqual(
    ["a", "b"].map((name) => router.retained.get(name)?.payloadLength),
    [2, 2],
  );
});
