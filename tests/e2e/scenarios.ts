import assert from "node:assert/strict";
import { within } from "../support/wait.ts";
import type {
  Client,
  ClientOptions,
  Connect,
  Transport,
  Version,
} from "./client.ts";

/** One client library over one transport in one version. */
export interface Stage {
  readonly connect: Connect;
  readonly transport: Transport;
  readonly port: number;
  readonly version: Version;
  /** Begins the topics and client ids of this scenario alone. */
  readonly prefix: string;
}

type Scenario = (stage: Stage) => Promise<void>;

/** Clients of a scenario; whatever happens, none stays behind. */
class Cast implements AsyncDisposable {
  readonly #stage: Stage;
  readonly #clients = new Set<Client>();

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  async enter(
    name: string,
    more: Partial<ClientOptions> = {},
  ): Promise<Client> {
    const { connect, transport, port, version, prefix } = this.#stage;
    const clientId = `${prefix}-${name}`;
    const client = await connect({
      transport,
      port,
      version,
      clientId,
      ...more,
    });
    this.#clients.add(client);
    return client;
  }

  async exit(client: Client): Promise<void> {
    this.#clients.delete(client);
    await client.disconnect();
  }

  async kill(client: Client): Promise<void> {
    this.#clients.delete(client);
    await client.kill();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) await client.kill();
  }
}

async function everyQos(stage: Stage): Promise<void> {
  await using cast = new Cast(stage);
  const subscriber = await cast.enter("sub");
  const publisher = await cast.enter("pub");
  const { prefix } = stage;
  for (const granted of [0, 1, 2] as const) {
    await subscriber.subscribe(`${prefix}/${granted}/#`, granted);
    for (const qos of [0, 1, 2] as const) {
      const topic = `${prefix}/${granted}/${qos}`;
      const payload = `from ${qos} to ${granted}: é`;
      await publisher.publish(topic, payload, qos);
      assert.deepEqual(await subscriber.next(), {
        topic,
        payload,
        qos: Math.min(qos, granted),
        retain: false,
      });
    }
  }
}

async function order(stage: Stage): Promise<void> {
  await using cast = new Cast(stage);
  const subscriber = await cast.enter("sub");
  const publisher = await cast.enter("pub");
  for (const qos of [0, 1, 2] as const) {
    const topic = `${stage.prefix}/${qos}`;
    await subscriber.subscribe(topic, qos);
    // A long one now and then: frames that do not fit one read.
    const payloads = Array.from(
      { length: 60 },
      (_, at) => `${at} ${"x".repeat(at % 10 === 0 ? 50_000 : at)}`,
    );
    await Promise.all(
      payloads.map((one) => publisher.publish(topic, one, qos)),
    );
    for (const payload of payloads) {
      assert.equal((await subscriber.next()).payload, payload);
    }
  }
}

async function retained(stage: Stage): Promise<void> {
  await using cast = new Cast(stage);
  const publisher = await cast.enter("pub");
  const { prefix } = stage;
  await publisher.publish(`${prefix}/r/1`, "first", 1, true);
  await publisher.publish(`${prefix}/r/1`, "second", 1, true);
  await publisher.publish(`${prefix}/r/2`, "gone", 1, true);
  await publisher.publish(`${prefix}/r/2`, "", 1, true);
  const subscriber = await cast.enter("sub");
  await subscriber.subscribe(`${prefix}/r/+`, 1);
  const topic = `${prefix}/r/1`;
  const stored = { topic, payload: "second", qos: 1, retain: true };
  assert.deepEqual(await subscriber.next(), stored);
  // What is published while subscribed comes without the flag.
  await publisher.publish(topic, "third", 1, true);
  const live = { topic, payload: "third", qos: 1, retain: false };
  assert.deepEqual(await subscriber.next(), live);
  await publisher.publish(topic, "", 0, true);
}

async function will(stage: Stage): Promise<void> {
  await using cast = new Cast(stage);
  const watcher = await cast.enter("watcher");
  const topic = `${stage.prefix}/will`;
  await watcher.subscribe(topic, 1);
  const polite = await cast.enter("polite", {
    will: { topic, payload: "polite", qos: 1 },
  });
  await cast.exit(polite);
  const victim = await cast.enter("victim", {
    will: { topic, payload: "killed", qos: 1, retain: true },
  });
  await cast.kill(victim);
  const expected = { topic, payload: "killed", qos: 1, retain: false };
  assert.deepEqual(await watcher.next(), expected);
  const late = await cast.enter("late");
  await late.subscribe(topic, 0);
  assert.deepEqual(await late.next(), { ...expected, qos: 0, retain: true });
  await watcher.publish(topic, "", 0, true);
}

async function resumed(stage: Stage): Promise<void> {
  await using cast = new Cast(stage);
  const publisher = await cast.enter("pub");
  const topic = `${stage.prefix}/stored`;
  const first = await cast.enter("sleeper", { clean: false });
  assert.equal(first.sessionPresent, false);
  await first.subscribe(topic, 2);
  await cast.exit(first);
  await publisher.publish(topic, "zero", 0); // not kept for one who is away
  await publisher.publish(topic, "one", 1);
  await publisher.publish(topic, "two", 2);
  const second = await cast.enter("sleeper", { clean: false });
  // 3.1 has no such flag in its CONNACK.
  if (stage.version > 3) assert.equal(second.sessionPresent, true);
  assert.equal((await second.next()).payload, "one");
  assert.equal((await second.next()).payload, "two");
  await cast.kill(second);
  const third = await cast.enter("sleeper", { clean: true });
  assert.equal(third.sessionPresent, false);
  await publisher.publish(topic, "nobody subscribes", 1);
  await third.subscribe(topic, 1);
  await publisher.publish(topic, "here again", 1);
  assert.equal((await third.next()).payload, "here again");
}

async function takenOver(stage: Stage): Promise<void> {
  await using cast = new Cast(stage);
  const old = await cast.enter("same");
  const young = await cast.enter("same");
  await within("the old connection to be closed", old.closed);
  await young.subscribe(stage.prefix, 0);
  await young.publish(stage.prefix, "mine now", 0);
  assert.equal((await young.next()).payload, "mine now");
}

async function unsubscribed(stage: Stage): Promise<void> {
  await using cast = new Cast(stage);
  const client = await cast.enter("both");
  const { prefix } = stage;
  await client.subscribe(`${prefix}/a`, 1);
  await client.subscribe(`${prefix}/b`, 1);
  await client.unsubscribe(`${prefix}/a`);
  await client.publish(`${prefix}/a`, "no more", 1);
  await client.publish(`${prefix}/b`, "still", 1);
  assert.equal((await client.next()).payload, "still");
}

async function shared(stage: Stage): Promise<void> {
  await using cast = new Cast(stage);
  const { prefix } = stage;
  const members = [await cast.enter("one"), await cast.enter("two")];
  for (const member of members) {
    await member.subscribe(`$share/group/${prefix}/+`, 1);
    await member.subscribe(`${prefix}-end`, 1);
  }
  const publisher = await cast.enter("pub");
  for (let at = 0; at < 10; at++) {
    await publisher.publish(`${prefix}/${at}`, `${at}`, 1);
  }
  await publisher.publish(`${prefix}-end`, "end", 1);
  const got: string[][] = [];
  for (const member of members) {
    const payloads: string[] = [];
    for (;;) {
      const { payload } = await member.next();
      if (payload === "end") break;
      payloads.push(payload);
    }
    got.push(payloads);
  }
  assert.deepEqual(got.flat().sort(), [..."0123456789"]);
  assert.deepEqual(got.map((one) => one.length), [5, 5], "taken in turns");
}

/** What each client library must see, by name. */
export const scenarios: Readonly<Record<string, Scenario>> = {
  "each QoS published to each QoS subscribed": everyQos,
  "60 messages of up to 50 kB in order at each QoS": order,
  "retained messages are stored, replaced and cleared": retained,
  "a will goes out for a killed client, not for a polite one": will,
  "a session is resumed with what waited, and ended by a clean start": resumed,
  "a second connection takes the client id over": takenOver,
  "an unsubscribed filter is silent": unsubscribed,
  "a shared subscription divides its messages": shared,
};
