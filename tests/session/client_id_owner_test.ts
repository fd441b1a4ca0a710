import assert from "node:assert/strict";
import type { Authenticator, Identity } from "../../src/security/mod.ts";
import { memoryPair } from "../../src/transport/mod.ts";
import { auth, staying, type Version } from "../support/packets.ts";
import { property } from "../support/bytes.ts";
import { conformance, eachVersion } from "../support/test_broker.ts";
import type { TestBroker, TestBrokerOptions } from "../support/test_broker.ts";
import { WireClient } from "../support/wire_client.ts";

/** Users that there are; null for clients without a user name. */
type Users = readonly (string | null)[];

/** Takes the password for the user name, as a token holds it. */
function proving(users: Users): Authenticator {
  const allow = (identity: Identity) => ({ kind: "allow", identity } as const);
  return {
    authenticate: ({ clientId, password }) => {
      const username = password === null
        ? null
        : new TextDecoder().decode(password);
      return allow({ clientId, username });
    },
    begin: (_, { clientId }) => ({
      step: (name) =>
        allow({ clientId, username: new TextDecoder().decode(name!) }),
    }),
    knows: (username) => users.includes(username),
  };
}

function provingBroker(
  users: Users,
  options: TestBrokerOptions = {},
): TestBrokerOptions {
  return { authenticator: proving(users), ...options };
}

/** A CONNECT of `user` for a session that stays; null gives no user name. */
function connectOf(
  version: Version,
  user: string | null,
  clientId = "meter",
) {
  const named = user === null ? {} : { username: "any", password: user };
  return { ...staying(version, clientId), ...named };
}

/** Connects as `user`: the CONNACK's code, and whether it found the session. */
async function comesIn(
  broker: TestBroker,
  version: Version,
  user: string | null,
): Promise<string> {
  const client = broker.open(version);
  await client.send(client.packets.connect(connectOf(version, user)));
  const { code, sessionPresent } = await client.receive();
  if (code !== 0) {
    await client.expectClosed();
    return "refused";
  }
  await client.drop();
  return sessionPresent ? "goes on" : "begins anew";
}

const REFUSED = { 3: 2, 4: 2, 5: 0x85 } as const;

eachVersion(
  "a client id whose session is another user's is refused, and its owner notices nothing",
  async (broker, version) => {
    const owner = await broker.connect(version, connectOf(version, "ann"));
    await owner.subscribe([["t", 1]]);
    for (const user of ["bob", null]) {
      const other = broker.open(version);
      await other.send(other.packets.connect(connectOf(version, user)));
      await other.expectRefused(REFUSED[version]);
    }
    const publisher = await broker.connect(version, "publisher");
    await publisher.publish({ topic: "t", payload: "for ann" });
    assert.equal((await owner.receivePublish()).payload, "for ann");
    await owner.drop();
    await publisher.publish({ topic: "t", payload: "waits", qos: 1 });
    const clean = broker.open(version);
    await clean.send(clean.packets.connect({
      ...connectOf(version, "bob"),
      clean: true,
    }));
    await clean.expectRefused(REFUSED[version]);
    const again = await broker.join(version, connectOf(version, "ann"));
    assert.equal(again.connack.sessionPresent, true);
    assert.equal((await again.client.receivePublish()).payload, "waits");
  },
  provingBroker(["ann", "bob", null]),
);

/** Owner, who comes, users there are, and what becomes of the session. */
const rows: readonly (readonly [
  owner: string | null,
  user: string | null,
  users: Users,
  outcome: string,
])[] = [
  ["ann", "ann", ["ann"], "goes on"],
  ["ann", "ann", [], "goes on"],
  ["ann", "bob", ["ann", "bob"], "refused"],
  ["ann", null, ["ann", null], "refused"],
  // There is no ann any more; what was hers is for no other user.
  ["ann", "bob", ["bob"], "begins anew"],
  ["ann", null, [null], "begins anew"],
  [null, null, [null], "goes on"],
  [null, "bob", ["bob", null], "refused"],
  // All clients have names by now, and this one keeps its session.
  [null, "bob", ["bob"], "goes on"],
];
for (const [owner, user, users, outcome] of rows) {
  eachVersion(
    `a session of ${owner}, where there are ${
      users.map(String)
    }: ${user} ${outcome}`,
    async (broker, version) => {
      const first = await broker.connect(version, connectOf(version, owner));
      await first.drop();
      assert.equal(await comesIn(broker, version, user), outcome);
    },
    provingBroker(users),
  );
}

eachVersion(
  "a client id is free once its session has ended",
  async (broker, version) => {
    const first = await broker.connect(version, {
      ...connectOf(version, "ann"),
      clean: true,
      properties: [],
    });
    await first.disconnect();
    assert.equal(await comesIn(broker, version, "bob"), "begins anew");
  },
  provingBroker(["ann", "bob"]),
);

eachVersion(
  "with client_id_owner anyone the last that comes has the session",
  async (broker, version) => {
    const first = await broker.connect(version, connectOf(version, "ann"));
    assert.equal(await comesIn(broker, version, "bob"), "goes on");
    await first.expectDisconnect(0x8e);
  },
  provingBroker(["ann", "bob"], { access: { client_id_owner: "anyone" } }),
);

eachVersion(
  "where no user name is proved sessions belong to no user",
  async (broker, version) => {
    const named = (username: string) => ({ ...staying(version), username });
    await (await broker.connect(version, named("ann"))).drop();
    const { connack } = await broker.join(version, named("bob"));
    assert.equal(connack.sessionPresent, true);
  },
);

conformance(
  "a client that authenticates again as another user hands its session over",
  async (broker) => {
    const properties = (user: string) => [
      property.authenticationMethod("name"),
      property.authenticationData(new TextEncoder().encode(user)),
    ];
    const client = await broker.connect(5, {
      clientId: "meter",
      properties: [property.sessionExpiry(1000), ...properties("ann")],
    });
    await client.send(auth(0x19, properties("bob")));
    assert.equal((await client.receive()).code, 0);
    await client.drop();
    assert.equal(await comesIn(broker, 5, "ann"), "refused");
    assert.equal(await comesIn(broker, 5, "bob"), "goes on");
  },
  provingBroker(["ann", "bob"]),
);

/** Connects by a proxy that has seen a certificate of `certified`, if any. */
async function comesByProxy(
  broker: TestBroker,
  certified: string | undefined,
  username: string,
): Promise<string> {
  const [mine, stream] = memoryPair();
  const peer = { hostname: "127.0.0.1", port: 1 };
  broker.broker.serve({ stream, peer, clientName: certified }, broker.listener);
  const client = new WireClient(mine, 4);
  await client.send(client.packets.connect({ ...staying(4), username }));
  const { code, sessionPresent } = await client.receive();
  if (code === 0) await client.drop();
  return code !== 0 ? "refused" : sessionPresent ? "goes on" : "begins anew";
}

/** Names of certificates, else of CONNECT: owner, who comes, the outcome. */
const certified: readonly (readonly [
  owner: string,
  user: string,
  outcome: string,
])[] = [
  ["ann of a certificate", "ann of a certificate", "goes on"],
  ["ann of a certificate", "bob of a certificate", "refused"],
  ["ann of a certificate", "ann of CONNECT", "refused"],
  ["ann of a certificate", "bob of CONNECT", "refused"],
  ["ann of CONNECT", "bob of CONNECT", "goes on"],
  ["ann of CONNECT", "ann of a certificate", "goes on"],
  ["ann of CONNECT", "bob of a certificate", "refused"],
];
for (const [owner, user, outcome] of certified) {
  conformance(
    `without an [[auth]] a session of ${owner}: ${user} ${outcome}`,
    async (broker) => {
      const come = (who: string) => {
        const [name, , source] = who.split(" ");
        const shown = source === "a" ? name : undefined;
        return comesByProxy(broker, shown, name);
      };
      await come(owner);
      assert.equal(await come(user), outcome);
    },
    { listener: { proxy_username: true } },
  );
}
