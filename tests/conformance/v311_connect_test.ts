import assert from "node:assert/strict";
import { conformance } from "../support/test_broker.ts";

// Sections 3.1 and 3.2 of MQTT 3.1.1: return codes, client ids, clean session.
// A CONNECT that is malformed gets no CONNACK at all in this version.

conformance(
  "3.1.1 [MQTT-3.1.2-2] an unsupported protocol level gets 0x01 and a close",
  async (broker) => {
    for (const level of [0, 1, 2, 3]) {
      const client = broker.open(4);
      await client.send(client.packets.connect({ level }));
      await client.expect("20 02 00 01");
      await client.expectClosed();
    }
  },
);

conformance(
  "3.1.1 [MQTT-3.1.2-2] [MQTT-3.2.2-4] [MQTT-3.2.2-5] a version the listener does not take gets 0x01 and a close",
  async (broker) => {
    for (const version of [3, 4] as const) {
      const client = broker.open(version);
      await client.send(client.packets.connect());
      await client.expect("20 02 00 01");
      await client.expectClosed();
    }
  },
  { listener: { versions: ["5.0"] } },
);

conformance(
  "3.1.1 [MQTT-3.1.2-22] a password needs a user name",
  async (broker) => {
    const client = broker.open(4);
    await client.send(client.packets.connect({ password: "secret" }));
    await client.expectClosed();
  },
);

conformance(
  "3.1.1 [MQTT-3.1.3-6] each empty client id gets a session of its own",
  async (broker) => {
    const one = await broker.connect(4, "");
    const two = await broker.connect(4, "");
    await one.expectAlive();
    await two.expectAlive();
  },
);

conformance(
  "3.1.1 [MQTT-3.1.3-7] [MQTT-3.1.3-8] an empty client id without clean session gets 0x02 and a close",
  async (broker) => {
    const client = broker.open(4);
    await client.send(client.packets.connect({ clientId: "", clean: false }));
    await client.expect("20 02 00 02");
    await client.expectClosed();
  },
);

conformance(
  "3.1.1 [MQTT-3.1.3-9] [MQTT-3.2.2-4] [MQTT-3.2.2-5] a client id that is too long gets 0x02 and a close",
  async (broker) => {
    await broker.connect(4, "é".repeat(8));
    const client = broker.open(4);
    await client.send(
      client.packets.connect({ clientId: "é".repeat(8) + "x" }),
    );
    await client.expect("20 02 00 02");
    await client.expectClosed();
  },
  { limits: { max_client_id_length: 16 } },
);

conformance(
  "3.1.1 [MQTT-3.1.4-2] the older connection of a client id is closed",
  async (broker) => {
    const old = await broker.connect(4);
    const young = await broker.connect(4);
    await old.expectClosed();
    await young.expectAlive();
  },
);

conformance(
  "3.1.1 [MQTT-3.1.4-3] [MQTT-3.2.2-1] [MQTT-3.2.2-2] [MQTT-3.2.2-3] session present tells whether there was a session",
  async (broker) => {
    const present = async (clean: boolean) => {
      const { client, connack } = await broker.join(4, { clean });
      await client.disconnect();
      return connack.sessionPresent;
    };
    assert.equal(await present(false), false, "none yet");
    assert.equal(await present(false), true, "the one before");
    assert.equal(await present(true), false, "clean session");
    assert.equal(await present(false), false, "it was discarded");
  },
);

conformance(
  "3.1.1 [MQTT-3.2.2-4] [MQTT-3.2.2-5] a refused login of a stored session has session present 0",
  async (broker) => {
    const stored = await broker.connect(4, { username: "me", clean: false });
    await stored.disconnect();
    for (const [username, code] of [["nobody", 4], [undefined, 5]] as const) {
      const client = broker.open(4);
      await client.send(client.packets.connect({ username, clean: false }));
      await client.expectRefused(code);
    }
  },
  {
    authenticator: {
      authenticate: ({ clientId, username }) =>
        username === "me"
          ? { kind: "allow", identity: { clientId, username } }
          : { kind: "deny", reasonCode: username === null ? 0x87 : 0x86 },
      begin: () => null,
    },
  },
);

conformance(
  "3.1.1 [MQTT-3.2.2-6] where no return code fits there is a close without CONNACK",
  async (broker) => {
    // A malformed CONNECT has no return code of its own.
    const client = broker.open(4);
    await client.send(client.packets.connect({ trailing: "00" }));
    await client.expectClosed();
  },
);
