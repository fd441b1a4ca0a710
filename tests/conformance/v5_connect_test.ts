import assert from "node:assert/strict";
import { property, toHex } from "../support/bytes.ts";
import { propertyOf } from "../support/read_packet.ts";
import { conformance } from "../support/test_broker.ts";

// Section 3.1 of MQTT 5.0: versions, client ids, clean start, properties.
// Where the specification leaves a choice of reason code, each is accepted.

const NEVER = property.sessionExpiry(0xffff_ffff);

conformance(
  "5.0 [MQTT-3.1.2-2] [MQTT-3.2.2-6] [MQTT-3.2.2-7] [MQTT-4.13.2-1] a version the listener does not take gets 0x84 and a close",
  async (broker) => {
    const client = broker.open(5);
    await client.send(client.packets.connect());
    await client.expectRefused(0x84);
  },
  { listener: { versions: ["3.1", "3.1.1"] } },
);

conformance(
  "5.0 [MQTT-3.1.2-2] a version above 5 is refused and closed",
  async (broker) => {
    for (const level of [6, 7, 127, 255]) {
      const client = broker.open(5);
      await client.send(client.packets.connect({ level }));
      // As a 5.0 CONNACK, or as the 3.1.1 one that every client understands.
      const bytes = await client.receiveBytes();
      assert.match(toHex(bytes), /^20 (02 00 01|.. 00 84 .*)$/);
      await client.expectClosed();
    }
  },
);

conformance(
  "5.0 [MQTT-3.1.3-6] [MQTT-3.1.3-7] [MQTT-3.2.2-16] an empty client id gets a new one, told and used",
  async (broker) => {
    const empty = { clientId: "", clean: false, properties: [NEVER] };
    const one = await broker.join(5, empty);
    const two = await broker.join(5, empty);
    const id = propertyOf(one.connack, 0x12) as string;
    assert.ok(id.length > 0);
    assert.notEqual(propertyOf(two.connack, 0x12), id);
    await one.client.expectAlive();
    const { connack } = await broker.join(5, { ...empty, clientId: id });
    assert.equal(connack.sessionPresent, true);
    assert.equal(propertyOf(connack, 0x12), undefined);
    await one.client.expectDisconnect(0x8e);
    await two.client.expectAlive();
  },
);

conformance(
  "5.0 [MQTT-3.1.3-8] a client id that is too long gets 0x85 and a close",
  async (broker) => {
    const client = broker.open(5);
    await client.send(client.packets.connect({ clientId: "x".repeat(17) }));
    await client.expectRefused(0x85);
  },
  { limits: { max_client_id_length: 16 } },
);

conformance(
  "5.0 [MQTT-3.1.4-2] [MQTT-3.2.2-7] a failed login gets its code and a close",
  async (broker) => {
    for (
      const [username, code] of [["banned", 0x8a], ["nobody", 0x86]] as const
    ) {
      const client = broker.open(5);
      await client.send(client.packets.connect({ username }));
      await client.expectRefused(code);
    }
  },
  {
    authenticator: {
      authenticate: ({ username }) => ({
        kind: "deny",
        reasonCode: username === "banned" ? 0x8a : 0x86,
      }),
      begin: () => null,
    },
  },
);

conformance(
  "5.0 [MQTT-3.1.4-3] the older connection of a client id gets 0x8E and is closed",
  async (broker) => {
    const old = await broker.connect(5);
    const young = await broker.connect(5);
    await old.expectDisconnect(0x8e);
    await young.expectAlive();
  },
);

conformance(
  "5.0 [MQTT-3.1.2-4] [MQTT-3.1.2-5] [MQTT-3.1.2-6] [MQTT-3.1.4-4] [MQTT-3.2.2-2] [MQTT-3.2.2-3] clean start and session present",
  async (broker) => {
    const present = async (clean: boolean) => {
      const { client, connack } = await broker.join(5, {
        clean,
        properties: [NEVER],
      });
      await client.disconnect();
      return connack.sessionPresent;
    };
    assert.equal(await present(false), false, "none yet");
    assert.equal(await present(false), true, "the one before");
    assert.equal(await present(true), false, "discarded");
    assert.equal(await present(false), true, "the new one");
  },
);

conformance(
  "5.0 [MQTT-3.1.2-4] [MQTT-3.1.2-5] a resumed session has its subscriptions, a clean one none",
  async (broker) => {
    const first = await broker.connect(5, { properties: [NEVER] });
    await first.subscribe(["t"]);
    await first.disconnect();
    const resumed = await broker.connect(5, {
      clean: false,
      properties: [NEVER],
    });
    await resumed.publish({ topic: "t", payload: "x" });
    assert.equal((await resumed.receivePublish()).payload, "x");
    const clean = await broker.connect(5, { clean: true });
    await clean.publish({ topic: "t" });
    await clean.expectNothing();
  },
);

conformance(
  "5.0 CONNECT properties with values that are not allowed are refused",
  async (broker) => {
    const bad: readonly [what: string, digits: string, ...codes: number[]][] = [
      ["receive maximum 0", "21 00 00", 0x82],
      ["maximum packet size 0", "27 00 00 00 00", 0x82],
      ["request problem information 2", "17 02", 0x82],
      ["request response information 2", "19 02", 0x82],
      ["authentication data without method", "16 00 01 61", 0x82],
      ["session expiry twice", "11 00000001 11 00000001", 0x82],
      ["receive maximum twice", "21 0001 21 0001", 0x82],
      ["topic alias", "23 00 01", 0x81, 0x82],
      ["will delay outside the will", "18 00000001", 0x81, 0x82],
      ["an unknown one", "7e 00", 0x81],
      ["one that is cut short", "11 00 00", 0x81],
    ];
    for (const [, digits, ...codes] of bad) {
      const client = broker.open(5);
      await client.send(client.packets.connect({ properties: [digits] }));
      await client.expectRefused(...codes);
    }
  },
);

conformance(
  "5.0 a password without a user name is taken",
  async (broker) => {
    const client = await broker.connect(5, { password: "secret" });
    await client.expectAlive();
  },
);

conformance(
  "5.0 [MQTT-3.14.0-1] no DISCONNECT before a successful CONNACK",
  async (broker) => {
    const malformed = broker.open(5);
    await malformed.send(malformed.packets.connect({ flags: 3 }));
    await malformed.expectRefused(0x81, 0x82);
    const silent = broker.open(5);
    await broker.advance(60_000);
    await silent.expectClosed();
    const early = broker.open(5);
    await early.send("c0 00");
    await early.expectClosed();
  },
);
