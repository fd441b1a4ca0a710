import assert from "node:assert/strict";
import { Topic } from "../../src/mqtt/mod.ts";
import { TopicAliases } from "../../src/session/output/topic_aliases.ts";

function topics(count: number): Topic[] {
  return Array.from(
    { length: count },
    (_, at) => new Topic(`t${at}`, new Uint8Array([at])),
  );
}

/** What a client of `maximum` aliases understands of each use. */
class Client {
  readonly #aliases: TopicAliases;
  readonly #maximum: number;
  readonly #known = new Map<number, string>();

  constructor(maximum: number) {
    this.#maximum = maximum;
    this.#aliases = new TopicAliases(maximum);
  }

  /** Sends on `topic`; returns whether the topic name could be left out. */
  use(topic: Topic): boolean {
    const alias = this.#aliases.assign(topic);
    assert.ok(alias >= 0 && alias <= this.#maximum, `alias ${alias}`);
    if (this.#aliases.known) {
      assert.equal(
        this.#known.get(alias),
        topic.text,
        "another topic is meant",
      );
      return true;
    }
    if (alias > 0) this.#known.set(alias, topic.text);
    return false;
  }

  /** A PUBLISH with a new alias that was not sent after all. */
  fail(topic: Topic): void {
    this.#aliases.assign(topic);
    assert.equal(this.#aliases.known, false);
    this.#aliases.forget(topic);
  }
}

Deno.test("a topic's first use tells its alias, later ones need no name", () => {
  const client = new Client(3);
  const [a, b, c] = topics(3);
  for (const topic of [a, b, c]) assert.equal(client.use(topic), false);
  for (const topic of [c, a, b, a]) assert.equal(client.use(topic), true);
});

Deno.test("with more topics than aliases an alias always means what the client was told", () => {
  const client = new Client(4);
  const many = topics(11);
  let short = 0;
  for (let at = 0; at < 5000; at++) {
    // Some topics are in use far more often than others.
    const topic = many[Math.min(at * 7 % 11, at * 13 % 17)];
    if (client.use(topic)) short++;
  }
  assert.ok(short > 500, `the aliases are of little use: ${short}`);
});

Deno.test("a topic in steady use keeps its alias among many used once", () => {
  const client = new Client(2);
  const [steady, ...others] = topics(100);
  client.use(steady);
  let short = 0;
  for (const other of others) {
    if (client.use(steady)) short++;
    if (client.use(steady)) short++;
    client.use(other);
  }
  assert.ok(short > 150, `${short} of 198`);
});

Deno.test("an alias that was not sent is not known", () => {
  const client = new Client(2);
  const [a, b, c] = topics(3);
  client.fail(a);
  assert.equal(client.use(a), false);
  client.use(b);
  for (const topic of [c, a, b, c, c, a, a, b, b]) client.use(topic);
});

Deno.test("another object for the same topic name has the alias already", () => {
  const client = new Client(3);
  assert.deepEqual(topics(3).map((topic) => client.use(topic)), [
    false,
    false,
    false,
  ]);
  assert.deepEqual(topics(3).map((topic) => client.use(topic)), [
    true,
    true,
    true,
  ]);
});

Deno.test("a topic of more than 512 bytes gets no alias", () => {
  const aliases = new TopicAliases(3);
  for (const length of [513, 512]) {
    const topic = new Topic("x".repeat(length), new Uint8Array(length));
    assert.equal(aliases.assign(topic), length === 512 ? 1 : 0);
    assert.equal(aliases.known, false);
  }
});
