import assert from "node:assert/strict";
import { property, utf8 } from "../support/bytes.ts";
import { auth } from "../support/packets.ts";
import { propertyOf } from "../support/read_packet.ts";
import { conformance } from "../support/test_broker.ts";
import type { TestBroker } from "../support/test_broker.ts";
import type { Authenticator, AuthOutcome } from "../../src/security/mod.ts";

// Sections 3.15 and 4.12: enhanced authentication, with a method of two steps
// made for these tests, answering at once or later.

/** The method `echo` asks twice; the second answer must be `right`. */
const ECHO: Authenticator = {
  authenticate: ({ clientId, username }) => ({
    kind: "allow",
    identity: { clientId, username },
  }),
  begin: (method, { clientId }) => {
    if (method !== "echo" && method !== "slow") return null;
    let steps = 0;
    const outcome = (data: Uint8Array | null): AuthOutcome => {
      const text = new TextDecoder().decode(data ?? undefined);
      if (text === "wrong") return { kind: "deny", reasonCode: 0x87 };
      return steps++ === 0 ? { kind: "continue", data: utf8("more") } : {
        kind: "allow",
        identity: { clientId, username: "echo" },
        data: utf8("done"),
      };
    };
    return {
      step: (data) =>
        method === "slow" ? Promise.resolve(outcome(data)) : outcome(data),
    };
  },
};
const WITH_ECHO = { authenticator: ECHO };

const method = (name: string) => property.authenticationMethod(name);
const answer = (text: string) => property.authenticationData(text);

/** A connection whose CONNECT names a method. */
async function begin(broker: TestBroker, name = "echo") {
  const client = broker.open(5);
  await client.send(
    client.packets.connect({ properties: [method(name), answer("first")] }),
  );
  return client;
}

/** A client that has come in by the method. */
async function enter(broker: TestBroker, name = "echo") {
  const client = await begin(broker, name);
  assert.equal((await client.receive()).type, 15);
  await client.send(auth(0x18, [method(name), answer("right")]));
  const connack = await client.receive();
  assert.deepEqual([connack.type, connack.code], [2, 0]);
  return { client, connack };
}

conformance(
  "an authentication method of 65,535 bytes is refused like any other that is not known",
  async (broker) => {
    const client = await begin(broker, "m".repeat(65_535));
    const connack = await client.expectRefused(0x8c);
    assert.match(String(propertyOf(connack, 0x1f)), /method m{100} is unknown/);
    assert.deepEqual(broker.failures, []);
  },
  WITH_ECHO,
);

conformance(
  "5.0 [MQTT-4.12.0-1] an unknown method is refused with 0x8C",
  async (broker) => {
    const client = await begin(broker, "unheard-of");
    await client.expectRefused(0x8c);
  },
  WITH_ECHO,
);

for (const name of ["echo", "slow"]) {
  conformance(
    `5.0 [MQTT-4.12.0-2] [MQTT-4.12.0-3] [MQTT-4.12.0-5] [MQTT-3.15.2-1] AUTH goes to and fro with 0x18 and the method, then CONNACK has it too (${name})`,
    async (broker) => {
      const client = await begin(broker, name);
      const question = await client.receive();
      assert.deepEqual([question.type, question.code], [15, 0x18]);
      assert.equal(propertyOf(question, 0x15), name);
      assert.deepEqual(propertyOf(question, 0x16), utf8("more"));
      await client.expectNothing();
      await client.send(auth(0x18, [method(name), answer("right")]));
      const connack = await client.receive();
      assert.deepEqual([connack.type, connack.code], [2, 0]);
      assert.equal(propertyOf(connack, 0x15), name);
      assert.deepEqual(propertyOf(connack, 0x16), utf8("done"));
      await client.expectAlive();
    },
    WITH_ECHO,
  );
}

conformance(
  "5.0 [MQTT-4.12.0-4] [MQTT-3.1.4-2] an exchange that is rejected ends with a refusal and a close",
  async (broker) => {
    const client = await begin(broker);
    await client.receive();
    await client.send(auth(0x18, [method("echo"), answer("wrong")]));
    await client.expectRefused(0x87);
  },
  WITH_ECHO,
);

conformance(
  "5.0 [MQTT-3.1.2-30] anything but AUTH or DISCONNECT before the CONNACK is an error",
  async (broker) => {
    const { packets } = broker.open(5);
    const early = [
      packets.publish({ topic: "t" }),
      packets.subscribe(1, ["t"]),
      packets.connect(),
      Uint8Array.of(0xc0, 0),
    ];
    for (const bytes of early) {
      const client = await begin(broker);
      await client.receive();
      await client.send(bytes);
      await client.expectRefused(0x82);
    }
    const polite = await begin(broker);
    await polite.receive();
    await polite.send(packets.disconnect());
    await polite.expectClosed();
  },
  WITH_ECHO,
);

conformance(
  "5.0 [MQTT-4.12.0-6] without a method there is neither AUTH nor a method in CONNACK",
  async (broker) => {
    const { client, connack } = await broker.join(5);
    assert.equal(propertyOf(connack, 0x15), undefined);
    assert.equal(propertyOf(connack, 0x16), undefined);
    await client.expectNothing();
  },
  WITH_ECHO,
);

conformance(
  "5.0 [MQTT-4.12.0-7] AUTH from a client without a method is an error",
  async (broker) => {
    for (const code of [0x18, 0x19]) {
      const client = await broker.connect(5);
      await client.send(auth(code, [method("echo")]));
      await client.expectDisconnect(0x82);
    }
  },
  WITH_ECHO,
);

conformance(
  "5.0 [MQTT-4.12.1-1] re-authentication with the same method goes on beside other packets",
  async (broker) => {
    const { client } = await enter(broker);
    await client.send(auth(0x19, [method("echo"), answer("again")]));
    const question = await client.receive();
    assert.deepEqual([question.type, question.code], [15, 0x18]);
    assert.equal(propertyOf(question, 0x15), "echo");
    await client.expectAlive();
    await client.send(auth(0x18, [method("echo"), answer("right")]));
    const done = await client.receive();
    assert.deepEqual([done.type, done.code], [15, 0]);
    assert.equal(propertyOf(done, 0x15), "echo");
    await client.expectAlive();
  },
  WITH_ECHO,
);

conformance(
  "5.0 [MQTT-4.12.1-1] another method in AUTH is an error",
  async (broker) => {
    for (const code of [0x19, 0x18]) {
      const { client } = await enter(broker);
      await client.send(auth(code, [method("slow")]));
      await client.expectDisconnect(0x82, 0x8c);
    }
    const early = await begin(broker);
    await early.receive();
    await early.send(auth(0x18, [method("slow"), answer("right")]));
    await early.expectRefused(0x82, 0x8c);
  },
  WITH_ECHO,
);

conformance(
  "5.0 [MQTT-4.12.1-2] a failed re-authentication ends the connection",
  async (broker) => {
    const { client } = await enter(broker);
    await client.send(auth(0x19, [method("echo"), answer("wrong")]));
    await client.expectDisconnect(0x87);
  },
  WITH_ECHO,
);

for (const name of ["echo", "slow"]) {
  conformance(
    `5.0 [MQTT-3.1.2-24] an AUTH that is too large for the client ends the attempt with 0x95 (${name})`,
    async (broker) => {
      const question = auth(0x18, [method(name), answer("more")]).length;
      const waiting = broker.open(5);
      await waiting.send(waiting.packets.connect({
        properties: [
          method(name),
          answer("first"),
          property.maximumPacketSize(question - 1),
        ],
      }));
      await waiting.expectRefused(0x95);
    },
    WITH_ECHO,
  );
}

/** A method that accepts at once; re-authentication sends something long. */
const LONG_WINDED: Authenticator = {
  authenticate: () => ({ kind: "deny", reasonCode: 0x87 }),
  begin: (_, { clientId }) => ({
    step: (data) => {
      const text = new TextDecoder().decode(data ?? undefined);
      if (text === "ask") {
        return { kind: "continue", data: utf8("x".repeat(99)) };
      }
      const identity = { clientId, username: text };
      return text === "tell"
        ? { kind: "allow", identity, data: utf8("x".repeat(99)) }
        : { kind: "allow", identity };
    },
  }),
};

for (const text of ["ask", "tell"]) {
  conformance(
    `5.0 [MQTT-3.1.2-24] re-authentication that would ${text} more than the client takes ends with 0x95`,
    async (broker) => {
      const client = await broker.connect(5, {
        properties: [
          method("long"),
          answer("in"),
          property.maximumPacketSize(90),
        ],
      });
      await client.send(auth(0x19, [method("long"), answer(text)]));
      await client.expectDisconnect(0x95);
    },
    { authenticator: LONG_WINDED },
  );
}

conformance(
  "5.0 [MQTT-3.15.1-1] [MQTT-3.15.2-1] AUTH with flags, a foreign code or without its method is an error",
  async (broker) => {
    const bad = [
      auth(0x01, [method("echo")]),
      auth(0x87, [method("echo")]),
      auth(0x19, []),
      auth(0x19, [method("echo"), property.contentType("x")]),
    ];
    const flags = auth(0x19, [method("echo")]);
    flags[0] |= 1;
    for (const bytes of [...bad, flags]) {
      const { client } = await enter(broker);
      await client.send(bytes);
      await client.expectDisconnect(0x81, 0x82);
    }
  },
  WITH_ECHO,
);

conformance(
  "AUTH on a 3.1.1 connection ends it",
  async (broker) => {
    const client = await broker.connect(4);
    await client.send("f0 00");
    await client.expectClosed();
  },
  WITH_ECHO,
);

conformance(
  "an exchange that stalls is closed by the connect timeout",
  async (broker) => {
    const client = await begin(broker);
    await client.receive();
    await broker.advance(60_000);
    const told = await client.receiveAll();
    assert.ok(told.every((one) => one.type === 2 && one.code >= 0x80));
    assert.equal(client.closed, true);
  },
  WITH_ECHO,
);
