import assert from "node:assert/strict";
import type { Identity } from "../../src/security/mod.ts";
import { property } from "../support/bytes.ts";
import { auth } from "../support/packets.ts";
import { partsOf, rulesOf } from "../support/rules.ts";
import { settle } from "../support/settle.ts";
import type { WireClient } from "../support/wire_client.ts";
import { RuledSessions } from "./ruled_sessions.ts";

// A server outside decides; its answer is for the packet that waits for it.

/** A server outside that answers when the test says what. */
class SlowServer {
  readonly name = "the test";
  /** Who was asked about, in order. */
  readonly asked: (string | null)[] = [];
  #answer: (allowed: boolean) => void = () => {};

  ask({ username }: Identity): Promise<boolean> {
    this.asked.push(username);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#answer = resolve;
    return promise;
  }

  denial(): null {
    return null;
  }

  async answer(allowed: boolean): Promise<void> {
    this.#answer(allowed);
    await settle();
  }
}

const named = (name: string) => [
  property.authenticationMethod("name"),
  property.authenticationData(name),
];

async function begin(): Promise<
  { remote: SlowServer; sessions: RuledSessions; client: WireClient }
> {
  const remote = new SlowServer();
  const sessions = new RuledSessions(rulesOf([], { remote }));
  const client = await sessions.connect(5, {
    clientId: "c",
    properties: named("ann"),
  });
  return { remote, sessions, client };
}

Deno.test("an answer that rules made needless is not kept for another user", async () => {
  const { remote, sessions, client } = await begin();
  await client.publish({ topic: "t", qos: 1, id: 1 });
  sessions.rules.replace(partsOf([{ topics: ["t"] }], { remote }));
  await remote.answer(true);
  await client.expectAck(4, 1, 0x10);
  sessions.rules.replace(partsOf([], { remote }));
  await client.send(auth(0x19, named("bob")));
  assert.equal((await client.receive()).type, 15);
  await client.publish({ topic: "t", qos: 1, id: 2 });
  assert.deepEqual(remote.asked, ["ann", "bob"]);
  await remote.answer(false);
  await client.expectAck(4, 2, 0x87);
});

Deno.test("an answer that comes under other rules is asked for again", async () => {
  const { remote, sessions, client } = await begin();
  await client.publish({ topic: "t", qos: 1, id: 1 });
  sessions.rules.replace(partsOf([], { remote }));
  await remote.answer(true);
  assert.deepEqual(remote.asked, ["ann", "ann"]);
  await client.expectNothing();
  await remote.answer(false);
  await client.expectAck(4, 1, 0x87);
});

Deno.test("an answer that its packet did not need is not kept for the next", async () => {
  const { remote, sessions, client } = await begin();
  const { context } = sessions;
  const { options } = context;
  await client.publish({ topic: "long", qos: 1, id: 1 });
  context.options = { ...options, maxTopicLength: 3 };
  await remote.answer(true);
  await client.expectAck(4, 1, 0x90);
  context.options = options;
  await client.publish({ topic: "long", qos: 1, id: 2 });
  assert.deepEqual(remote.asked, ["ann", "ann"]);
  await remote.answer(false);
  await client.expectAck(4, 2, 0x87);
});
