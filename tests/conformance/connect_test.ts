import assert from "node:assert/strict";
import { field, hex, join, packet, u8 } from "../support/bytes.ts";
import type { ConnectOptions } from "../support/packets.ts";
import { puback } from "../support/packets.ts";
import { conformance, eachVersion } from "../support/test_broker.ts";
import type { TestBroker } from "../support/test_broker.ts";

// Section 3.1 as both versions have it: flags, payload, what comes first. The
// rules that differ are in v311_connect_test.ts and v5_connect_test.ts.

/** A CONNECT that breaks section 3.1: a close, told by CONNACK in 5.0. */
async function expectBad(
  broker: TestBroker,
  version: 4 | 5,
  options: ConnectOptions,
): Promise<void> {
  const client = broker.open(version);
  await client.send(client.packets.connect(options));
  if (version === 5) await client.expectRefused(0x81, 0x82);
  else await client.expectClosed();
}

const WILL = { topic: "w", payload: "x" };

eachVersion(
  "3.1.1 [MQTT-3.1.0-1] 5.0 [MQTT-3.1.0-1] another first packet than CONNECT ends the connection",
  async (broker, version) => {
    const { packets } = broker.open(version);
    const others = [
      packets.publish({ topic: "t" }),
      packets.subscribe(1, ["t"]),
      packets.disconnect(),
      puback(1),
      hex("c0 00"),
      hex("20 02 00 00"),
      hex("f0 00"),
      hex("00 00"),
    ];
    for (const bytes of others) {
      const client = broker.open(version);
      await client.send(bytes, packets.connect());
      await client.expectClosed();
    }
  },
);

eachVersion(
  "3.1.1 [MQTT-3.1.0-2] 5.0 [MQTT-3.1.0-2] [MQTT-3.2.0-2] a second CONNECT ends the connection, without a second CONNACK",
  async (broker, version) => {
    const client = await broker.connect(version);
    await client.send(client.packets.connect());
    await client.expectDisconnect(0x82);
  },
);

eachVersion(
  "3.1.1 [MQTT-3.1.2-1] 5.0 [MQTT-3.1.2-1] another protocol name is not served",
  async (broker, version) => {
    for (const protocolName of ["mqtt", "MQTTX", "", "HTTP", "MQT"]) {
      const client = broker.open(version);
      await client.send(client.packets.connect({ protocolName }));
      const told = await client.receiveAll();
      assert.ok(told.every((one) => one.type === 2 && one.code !== 0));
      await client.expectClosed();
    }
  },
);

eachVersion(
  "3.1.1 [MQTT-3.1.2-3] 5.0 [MQTT-3.1.2-3] the reserved connect flag must be 0",
  (broker, version) => expectBad(broker, version, { flags: 3 }),
);

eachVersion(
  "3.1.1 [MQTT-3.1.2-9] 5.0 [MQTT-3.1.2-9] a will flag without will fields",
  (broker, version) => expectBad(broker, version, { flags: 6 }),
);

eachVersion(
  "3.1.1 [MQTT-3.1.2-11] [MQTT-3.1.2-13] [MQTT-3.1.2-15] 5.0 [MQTT-3.1.2-11] [MQTT-3.1.2-13] will QoS and will retain need the will flag",
  async (broker, version) => {
    for (const flags of [0x0a, 0x12, 0x22, 0x3a]) {
      await expectBad(broker, version, { flags });
    }
    // Will fields without their flag are bytes too many.
    await expectBad(broker, version, { flags: 2, will: WILL });
  },
);

eachVersion(
  "3.1.1 [MQTT-3.1.2-14] 5.0 [MQTT-3.1.2-12] will QoS 3 ends the connection, 0 to 2 are fine",
  async (broker, version) => {
    for (const qos of [0, 1, 2]) {
      await broker.connect(version, { will: { ...WILL, qos } });
    }
    await expectBad(broker, version, { will: { ...WILL, qos: 3 } });
  },
);

eachVersion(
  "3.1.1 [MQTT-3.1.2-18] [MQTT-3.1.2-19] 5.0 [MQTT-3.1.2-16] [MQTT-3.1.2-17] the user name is there when its flag is",
  async (broker, version) => {
    await broker.connect(version, { username: "me" });
    await broker.connect(version, { username: "" });
    await expectBad(broker, version, { flags: 0x82 });
    await expectBad(broker, version, { flags: 2, username: "me" });
  },
);

eachVersion(
  "3.1.1 [MQTT-3.1.2-20] [MQTT-3.1.2-21] 5.0 [MQTT-3.1.2-18] [MQTT-3.1.2-19] the password is there when its flag is",
  async (broker, version) => {
    const both = { username: "me", password: "secret" };
    await broker.connect(version, both);
    await broker.connect(version, { ...both, password: hex("00 ff") });
    await expectBad(broker, version, { username: "me", flags: 0xc2 });
    await expectBad(broker, version, { ...both, flags: 0x82 });
  },
);

eachVersion(
  "3.1.1 [MQTT-3.1.3-1] 5.0 [MQTT-3.1.3-1] the payload's fields are read in their order",
  async (broker, version) => {
    const watcher = await broker.connect(version, "watcher");
    await watcher.subscribe(["will/topic"]);
    const client = await broker.connect(version, {
      clientId: "id",
      will: { topic: "will/topic", payload: "will payload" },
      username: "user",
      password: "password",
    });
    await client.drop();
    assert.equal((await watcher.receivePublish()).payload, "will payload");
  },
  {
    authenticator: {
      authenticate(given) {
        const password = new TextDecoder().decode(given.password ?? undefined);
        const { clientId, username } = given;
        return clientId === "watcher" ||
            clientId === "id" && username === "user" && password === "password"
          ? { kind: "allow", identity: { clientId, username } }
          : { kind: "deny", reasonCode: 0x86 };
      },
      begin: () => null,
    },
  },
);

eachVersion(
  "3.1.1 [MQTT-3.1.3-2] 5.0 [MQTT-3.1.3-2] the client id, exactly, names the session",
  async (broker, version) => {
    const keep = version === 5 ? ["11 ff ff ff ff"] : [];
    const stay = { clean: false, properties: keep };
    const first = await broker.connect(version, { clientId: "name", ...stay });
    await first.disconnect();
    for (const clientId of ["Name", "name ", "nam"]) {
      const { connack } = await broker.join(version, { clientId, ...stay });
      assert.equal(connack.sessionPresent, false, clientId);
    }
    const again = await broker.join(version, { clientId: "name", ...stay });
    assert.equal(again.connack.sessionPresent, true);
  },
);

eachVersion(
  "3.1.1 [MQTT-3.1.3-3] 5.0 [MQTT-3.1.3-3] a CONNECT without a client id field",
  async (broker, version) => {
    const client = broker.open(version);
    const properties = version === 5 ? "00" : "";
    await client.send(packet(
      0x10,
      join(field("MQTT"), u8(version), "02 00 00", properties),
    ));
    if (version === 5) await client.expectRefused(0x81, 0x82);
    else await client.expectClosed();
  },
);

eachVersion(
  "3.1.1 [MQTT-3.1.3-5] 5.0 [MQTT-3.1.3-5] 1 to 23 letters and digits make a client id",
  async (broker, version) => {
    const all =
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    for (const clientId of ["a", all.slice(0, 23), all.slice(39), all[61]]) {
      const client = await broker.connect(version, clientId);
      await client.expectAlive();
    }
  },
);

eachVersion(
  "3.1.1 [MQTT-3.1.4-1] 5.0 [MQTT-3.1.4-1] [MQTT-4.13.1-1] a CONNECT with bytes behind its end, or cut short",
  async (broker, version) => {
    await expectBad(broker, version, { trailing: "00" });
    await expectBad(broker, version, { trailing: field("more") });
    const client = broker.open(version);
    const whole = client.packets.connect({ clientId: "name" });
    whole[1] -= 2;
    await client.send(whole.subarray(0, whole.length - 2));
    if (version === 5) await client.expectRefused(0x81);
    else await client.expectClosed();
  },
);

eachVersion(
  "3.1.1 [MQTT-3.1.4-4] [MQTT-3.2.0-1] 5.0 [MQTT-3.1.4-5] [MQTT-3.2.0-1] CONNACK with 0 is the first packet, whatever waits",
  async (broker, version) => {
    const keep = version === 5 ? ["11 ff ff ff ff"] : [];
    const stay = { clientId: "me", clean: false, properties: keep };
    const first = await broker.connect(version, stay);
    await first.subscribe([["t", 1]]);
    await first.disconnect();
    const other = await broker.connect(version, "other");
    await other.publish({ topic: "t", qos: 1 });
    await other.expectAck(4, 1);
    const client = broker.open(version);
    await client.send(client.packets.connect(stay));
    const [connack, publish] = await client.receiveAll();
    assert.deepEqual([connack.type, connack.code], [2, 0]);
    assert.equal(publish.type, 3);
  },
);

eachVersion(
  "3.1.1 [MQTT-3.1.4-5] 5.0 [MQTT-3.1.4-6] what follows a refused CONNECT does not count",
  async (broker, version) => {
    const watcher = await broker.connect(version, { username: "me" });
    await watcher.subscribe(["#"]);
    const client = broker.open(version);
    await client.send(
      client.packets.connect({ clientId: "other" }),
      client.packets.publish({ topic: "t", payload: "late" }),
      client.packets.connect({ clientId: "other", username: "me" }),
      client.packets.publish({ topic: "t", payload: "later" }),
    );
    await client.expectRefused(version === 5 ? 0x87 : 5);
    await watcher.expectNothing();
  },
  {
    authenticator: {
      authenticate: ({ clientId, username }) =>
        username === null
          ? { kind: "deny", reasonCode: 0x87 }
          : { kind: "allow", identity: { clientId, username } },
      begin: () => null,
    },
  },
);

eachVersion(
  "3.1.1 [MQTT-7.1.1-1] 5.0 [MQTT-4.2.0-1] packets may come a byte at a time",
  async (broker, version) => {
    const client = broker.open(version);
    const bytes = join(
      client.packets.connect(),
      client.packets.subscribe(1, ["t"]),
      client.packets.publish({ topic: "t", payload: "slow" }),
    );
    for (const byte of bytes) await client.send(u8(byte));
    const [connack, suback, publish] = await client.receiveAll();
    assert.deepEqual([connack.type, suback.type], [2, 9]);
    assert.equal(publish.payload, "slow");
  },
);

conformance(
  "a CONNECT that is not complete within connect_timeout is closed",
  async (broker) => {
    const silent = broker.open(4);
    const slow = broker.open(4);
    await slow.send(slow.packets.connect().subarray(0, 5));
    await broker.advance(9_900);
    await silent.expectNothing();
    await broker.advance(200);
    await silent.expectClosed();
    await slow.expectClosed();
  },
  { limits: { connect_timeout: 10_000 } },
);
