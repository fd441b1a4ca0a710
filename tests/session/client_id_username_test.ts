import assert from "node:assert/strict";
import type { Authenticator } from "../../src/security/mod.ts";
import { property } from "../support/bytes.ts";
import { auth, staying } from "../support/packets.ts";
import { propertyOf } from "../support/read_packet.ts";
import { rulesOf } from "../support/rules.ts";
import {
  conformance,
  eachVersion,
  type TestBrokerOptions,
} from "../support/test_broker.ts";

/** A listener where the user name is the client id. */
const byUsername: TestBrokerOptions = { listener: { client_id: "username" } };

eachVersion(
  "client_id username: a user has one session, whatever id CONNECT says",
  async (broker, version) => {
    const first = await broker.connect(version, {
      ...staying(version, "one"),
      username: "ann",
    });
    await first.subscribe([["t", 1]]);
    const other = await broker.connect(version, {
      clientId: "one",
      username: "bob",
    });
    await other.publish({ topic: "t", payload: "for ann" });
    assert.equal((await first.receivePublish()).payload, "for ann");
    const second = await broker.join(version, {
      ...staying(version, "two"),
      username: "ann",
    });
    assert.equal(second.connack.sessionPresent, true);
    await first.expectDisconnect(0x8e);
    await other.expectAlive();
  },
  byUsername,
);

eachVersion(
  "client_id username: a client without a user name is refused, and one whose name is too long",
  async (broker, version) => {
    for (
      const [username, code, old] of [
        [undefined, 0x87, 5],
        ["", 0x87, 5],
        ["x".repeat(31), 0x85, 2],
      ] as const
    ) {
      const client = broker.open(version);
      await client.send(client.packets.connect({ clientId: "c", username }));
      await client.expectRefused(version === 5 ? code : old);
    }
  },
  { ...byUsername, limits: { max_client_id_length: 30 } },
);

conformance(
  "client_id username: a client that gave no id learns its own (5.0)",
  async (broker) => {
    for (const [clientId, told] of [["", "ann"], ["x", undefined]] as const) {
      const { connack } = await broker.join(5, { clientId, username: "ann" });
      assert.equal(propertyOf(connack, 0x12), told);
    }
  },
  byUsername,
);

eachVersion(
  "client_id username: rules are asked about the user name, for the will, too",
  async (broker, version) => {
    const watcher = await broker.connect(version, {
      clientId: "w",
      username: "watcher",
    });
    await watcher.subscribe(["watcher/#"]);
    const will = (topic: string) => ({ topic, payload: "gone" });
    const liar = broker.open(version);
    await liar.send(liar.packets.connect({
      clientId: "ann",
      username: "bob",
      will: will("ann/will"),
    }));
    await liar.expectRefused(version === 5 ? 0x87 : 5);
    const again = await broker.connect(version, {
      clientId: "x",
      username: "watcher2",
      will: will("watcher2/will"),
    });
    await again.publish({ topic: "watcher/x", payload: "not allowed" });
    await again.drop();
    await watcher.expectNothing();
  },
  {
    ...byUsername,
    authorizer: rulesOf([{ topics: ["%c/#"] }]),
  },
);

conformance(
  "client_id username: a client cannot authenticate again as another user",
  async (broker) => {
    const properties = (user: string) => [
      property.authenticationMethod("name"),
      property.authenticationData(new TextEncoder().encode(user)),
    ];
    const client = await broker.connect(5, {
      clientId: "c",
      properties: properties("ann"),
    });
    await client.send(auth(0x19, properties("ann")));
    assert.equal((await client.receive()).code, 0);
    await client.send(auth(0x19, properties("bob")));
    await client.expectDisconnect(0x87);
  },
  { ...byUsername, authenticator: byMethod() },
);

/** Takes the data of enhanced authentication for the user name. */
function byMethod(): Authenticator {
  return {
    authenticate: ({ clientId, username }) => ({
      kind: "allow",
      identity: { clientId, username },
    }),
    begin: (_, { clientId }) => ({
      step: (name) => ({
        kind: "allow",
        identity: { clientId, username: new TextDecoder().decode(name!) },
      }),
    }),
  };
}

eachVersion(
  "client_id_prefixes: a client id that begins with none of them is refused",
  async (broker, version) => {
    for (const clientId of ["dev-1", "x"]) {
      await (await broker.connect(version, { clientId })).expectAlive();
    }
    for (const clientId of ["dev", "y", ""]) {
      const client = broker.open(version);
      await client.send(client.packets.connect({ clientId }));
      await client.expectRefused(version === 5 ? 0x85 : 2);
    }
  },
  { listener: { client_id_prefixes: ["dev-", "x"] } },
);

eachVersion(
  "client_id_prefixes: they are asked of the client id that the user name gives",
  async (broker, version) => {
    const user = { clientId: "y", username: "dev-1" };
    await (await broker.connect(version, user)).expectAlive();
    const client = broker.open(version);
    await client.send(
      client.packets.connect({ clientId: "dev-1", username: "y" }),
    );
    await client.expectRefused(version === 5 ? 0x85 : 2);
  },
  { listener: { client_id: "username", client_id_prefixes: ["dev-"] } },
);

eachVersion(
  "assign_client_id false: a client without a client id is refused",
  async (broker, version) => {
    const client = broker.open(version);
    await client.send(client.packets.connect({ clientId: "" }));
    await client.expectRefused(version === 5 ? 0x85 : 2);
    await (await broker.connect(version, { clientId: "c" })).expectAlive();
  },
  { listener: { assign_client_id: false } },
);
