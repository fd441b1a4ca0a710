import assert from "node:assert/strict";
import type { Authenticator } from "../../src/security/mod.ts";
import { property } from "../support/bytes.ts";
import { type ConnectOptions, pubrel } from "../support/packets.ts";
import type { CellSettings } from "./rule_sources/sources.ts";
import { TestBroker } from "../support/test_broker.ts";
import type { WireClient } from "../support/wire_client.ts";

// Ways past the rules, each tried by a client of a broker: nothing it sends may
// reach the witness, and nothing of the others may reach it.

/** The password is the user name, as with a token: all names are proved. */
const proving: Authenticator = {
  authenticate: ({ clientId, password }) => ({
    kind: "allow",
    identity: {
      clientId,
      username: password === null ? null : new TextDecoder().decode(password),
    },
  }),
  begin: () => null,
  knows: () => true,
};

const settings: CellSettings = {
  group: [{ name: "staff", members: ["ann"] }],
  acl: [
    { user: ["root"], topic: ["#", "$SYS/#", "$x/#"] },
    { group: ["staff"], topic: ["plant/safety/#"], permission: "deny" },
    { group: ["staff"], topic: ["plant/#"] },
    { topic: ["hidden/%u/#"], permission: "deny" },
    { topic: ["hidden/#"] },
    { topic: ["home/%u/#", "%u/own/#", "home/x-%c/#"] },
    { topic: ["in/#"], action: "publish" },
    { topic: ["out/#"], action: "subscribe" },
    { topic: ["team/+/chat"] },
    { topic: ["low/#"], qos: [0] },
    { topic: ["plain/#"], retain: false },
  ],
};

/** What the others publish; the retained ones are there before. */
const CANARIES = [
  ...["home/bob/x", "home/x-bob/x", "bob/own/x", "plant/safety/x", "in/x"],
  ...["hidden/ann/x", "team/a/b/chat", "other", "$x/y"],
];

interface Attack {
  readonly what: string;
  readonly username?: string | null;
  readonly clientId?: string;
  /** What the attacker does once it is in. */
  readonly does?: (client: WireClient) => Promise<void>;
  /** Its CONNECT says this, too; then it may be refused. */
  readonly connect?: ConnectOptions;
}

const publishes = (
  topic: string,
  more: Omit<Parameters<WireClient["publish"]>[0], "topic"> = {},
) =>
(client: WireClient): Promise<void> =>
  client.publish({ topic, payload: "evil", ...more });

const subscribes = (...filters: string[]) => (client: WireClient) =>
  client.send(client.packets.subscribe(1, filters.map((one) => [one, 2])));

const will = (topic: string, retain = false): ConnectOptions => ({
  will: { topic, payload: "evil", retain },
});

const ATTACKS: readonly Attack[] = [
  { what: "another user's topic", does: publishes("home/bob/x") },
  ...["+", "#", "bob/x", "/", "", "+/x", "bob"].map((username): Attack => ({
    what: `the user name "${username}" at a third user's topic`,
    username,
    does: publishes("home/eve/x/y"),
  })),
  {
    what: "a user name with a slash at a topic below another's",
    username: "eve/x",
    does: publishes("home/eve/x/y"),
  },
  {
    what: "the user name $SYS at the broker's topics",
    username: "$SYS",
    does: publishes("$SYS/own/x"),
  },
  {
    what: "the user name $x at topics with $",
    username: "$x",
    does: publishes("$x/own/y"),
  },
  {
    what: "no user name at the topic of an empty one",
    username: null,
    does: publishes("home//x"),
  },
  ...["+", "#", "a/b", "bob/x"].map((clientId): Attack => ({
    what: `the client id "${clientId}" at another's topic`,
    clientId,
    does: publishes("home/x-eve/b/c"),
  })),
  {
    what: "a user name with a slash past a deny with %u",
    username: "ann/x",
    does: publishes("hidden/ann/x/y"),
  },
  {
    what: "a user name that is a wildcard past a deny with %u",
    username: "+",
    does: publishes("hidden/ann/x"),
  },
  { what: "what a group is denied", does: publishes("plant/safety/x") },
  { what: "the level above what is denied", does: publishes("plant/safety") },
  { what: "an empty level below it", does: publishes("plant/safety/") },
  { what: "other letters", does: publishes("HOME/ann/x") },
  { what: "a level in front", does: publishes("/home/ann/x") },
  { what: "a letter that looks alike", does: publishes("home/\u0430nn/x") },
  { what: "what may only be received", does: publishes("out/x") },
  { what: "a level more than + has", does: publishes("team/a/b/chat") },
  { what: "a higher QoS", does: publishes("low/x", { qos: 1 }) },
  { what: "RETAIN", does: publishes("plain/x", { retain: true }) },
  { what: "$SYS", does: publishes("$SYS/broker/uptime", { retain: true }) },
  { what: "$CONTROL", does: publishes("$CONTROL/dynamic-security/v1") },
  {
    what: "the end of a retained message",
    does: publishes("home/bob/x", { payload: "", retain: true }),
  },
  {
    what: "QoS 2, released all the same",
    does: async (client) => {
      await client.publish({ topic: "other", payload: "evil", qos: 2, id: 7 });
      await client.send(pubrel(7));
    },
  },
  {
    what: "an alias made by a refused PUBLISH",
    does: async (client) => {
      const properties = [property.topicAlias(1)];
      await client.publish({ topic: "other", payload: "evil", properties });
      await client.publish({ topic: "", payload: "evil", properties });
    },
  },
  {
    what: "an alias that goes over to another topic",
    does: async (client) => {
      const properties = [property.topicAlias(1)];
      await client.publish({ topic: "home/ann/ok", properties });
      await client.publish({ topic: "other", payload: "evil", properties });
      await client.publish({ topic: "", payload: "evil", properties });
    },
  },
  { what: "a will", connect: will("other") },
  { what: "a retained will", connect: will("home/bob/x", true) },
  { what: "a will for what may only be received", connect: will("out/x") },
  ...["#", "+/#", "+/+/x", "home/+/x", "home/#", "+/own/#"].map((
    filter,
  ): Attack => ({ what: `the filter ${filter}`, does: subscribes(filter) })),
  ...["plant/#", "plant/+/x", "plant/safety/x", "in/#", "hidden/#"].map((
    filter,
  ): Attack => ({ what: `the filter ${filter}`, does: subscribes(filter) })),
  ...["$share/g/#", "$share/g/home/bob/#", "$share/bob/+/+/+"].map((
    filter,
  ): Attack => ({ what: `the filter ${filter}`, does: subscribes(filter) })),
  { what: "topics with $ by name", does: subscribes("$x/#", "$x/y") },
  {
    what: "the user name $x and its own topics",
    username: "$x",
    does: subscribes("$x/#", "$x/y", "$x/own/#"),
  },
  {
    what: "a user name of wildcards and its own topics",
    username: "+",
    does: subscribes("home/+/#", "+/own/#", "#"),
  },
  {
    what: "the client id of another user and its own topics",
    clientId: "bob",
    username: "ann",
    does: subscribes("home/bob/#", "bob/own/#"),
  },
  {
    what: "many filters at once",
    does: subscribes("home/ann/#", "home/bob/#", "other", "in/x"),
  },
];

/** What `username` may receive of the canaries, by the rules in words. */
function mayReceive(topic: string, { username, clientId }: Attack): boolean {
  if (topic === "home/x-bob/x") return clientId === "bob";
  return topic === "hidden/ann/x" && username !== "ann" && username !== "+" &&
    username !== undefined;
}

async function connectAs(
  broker: TestBroker,
  user: string | null,
  options: ConnectOptions,
): Promise<WireClient | null> {
  const named = user === null ? {} : { username: "any", password: user };
  const client = broker.open(5);
  await client.send(client.packets.connect({ ...options, ...named }));
  const { code } = await client.receive();
  return code === 0 ? client : null;
}

for (const attack of ATTACKS) {
  Deno.test(`rules: past them by ${attack.what}`, async () => {
    const broker = new TestBroker({ authenticator: proving });
    try {
      await broker.reload(settings);
      const witness = await connectAs(broker, "root", { clientId: "root" });
      assert.ok(witness !== null);
      for (const topic of CANARIES) {
        await witness.publish({ topic, payload: "kept", retain: true });
      }
      await witness.subscribe(["#", "$SYS/#", "$x/#"]);
      await witness.receiveAll();
      const { username = "ann", clientId = "a", does, connect } = attack;
      const client = await connectAs(broker, username, {
        ...{ clientId, ...connect },
      });
      assert.equal(client === null, connect !== undefined, "CONNACK");
      await does?.(client!);
      for (const topic of CANARIES) {
        await witness.publish({ topic, payload: "new" });
      }
      for (const { type, topic, payload } of await witness.receiveAll()) {
        if (type !== 3 || payload !== "evil" && payload !== "") continue;
        assert.equal(topic, "home/ann/ok", `${topic} arrived: ${payload}`);
      }
      for (const { type, topic, payload } of await client?.receiveAll() ?? []) {
        if (type !== 3 || mayReceive(`${topic}`, attack)) continue;
        assert.equal(topic, "home/ann/ok", `${topic} was received: ${payload}`);
      }
    } finally {
      await broker.stop();
    }
  });
}

Deno.test("rules: what they allow still arrives", async () => {
  const broker = new TestBroker({ authenticator: proving });
  try {
    await broker.reload(settings);
    const witness = await connectAs(broker, "root", { clientId: "root" });
    await witness!.subscribe(["#"]);
    const ann = await connectAs(broker, "ann", { clientId: "a" });
    const topics = [
      ...["home/ann/x", "ann/own/x", "home/x-a/x", "in/x", "plant/x"],
      ...["team/a/chat", "low/x", "plain/x", "hidden/bob/x"],
    ];
    for (const topic of topics) await ann!.publish({ topic });
    const arrived = await witness!.receiveAll();
    assert.deepEqual(arrived.map(({ topic }) => topic), topics);
    assert.equal(ATTACKS.length >= 32, true, `${ATTACKS.length} attacks`);
  } finally {
    await broker.stop();
  }
});
