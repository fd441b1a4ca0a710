import assert from "node:assert/strict";
import { isLike } from "../../src/broker/trace/trace_spec.ts";
import { hex, property } from "../support/bytes.ts";
import { auth, puback, pubcomp, pubrec, pubrel } from "../support/packets.ts";
import { TestBroker } from "../support/test_broker.ts";
import { traced } from "./traced.ts";

const text = (base64: string | undefined) =>
  new TextDecoder().decode(Uint8Array.fromBase64(base64!));

Deno.test("trace: all packets of a client show both ways, in order, with what is in them", async () => {
  const broker = new TestBroker();
  const trace = await traced(broker, { client: "one" });
  const other = await broker.connect(4, "two");
  const client = await broker.connect(5, {
    clientId: "one",
    username: "anna",
    keepAlive: 60,
    properties: [property.sessionExpiry(1000)],
  });
  const { packets } = client;
  await client.send(packets.subscribe(7, [["a/+", 0x2a]]));
  await client.send(packets.publish({
    ...{ topic: "a/b", payload: "hello", qos: 2, id: 9, retain: true },
    properties: [property.user("k", "v"), property.contentType("text/plain")],
  }));
  await client.send(pubrel(9), pubrec(1), pubcomp(1));
  await client.send(hex("c000"), packets.unsubscribe(8, ["a/+"]));
  await other.send(other.packets.publish({ topic: "a/b" }));
  await client.send(hex("e000"));
  assert.deepEqual(trace.told, [
    "in CONNECT",
    "out CONNACK",
    "in SUBSCRIBE",
    "out SUBACK",
    "in PUBLISH a/b",
    "out PUBLISH a/b",
    "out PUBREC a/b",
    "in PUBREL a/b",
    "out PUBCOMP a/b",
    "in PUBREC a/b",
    "out PUBREL a/b",
    "in PUBCOMP a/b",
    "in PINGREQ",
    "out PINGRESP",
    "in UNSUBSCRIBE",
    "out UNSUBACK",
    "in DISCONNECT",
    "out CLOSED",
  ]);
  const { rows } = trace;
  const [connect, connack, subscribe, suback, publish] = rows;
  assert.equal(connect.user, "anna");
  assert.equal(connect.version, 5);
  assert.equal(connect.client, "one");
  assert.equal(connect.keepAlive, 60);
  assert.deepEqual(connect.properties, { sessionExpiryInterval: 1000 });
  assert.deepEqual([connack.code, connack.reason], [0, "Success"]);
  assert.deepEqual(subscribe.filters, [{
    ...{ filter: "a/+", qos: 2, retainAsPublished: true, retainHandling: 2 },
  }]);
  assert.deepEqual(suback.codes, ["GrantedQoS2"]);
  assert.equal(publish.packetId, 9);
  assert.deepEqual(
    [publish.qos, publish.retain, publish.dup, publish.payloadLength],
    [2, true, false, 5],
  );
  assert.equal(text(publish.payload), "hello");
  assert.deepEqual(publish.properties, {
    userProperty: [["k", "v"]],
    contentType: "text/plain",
  });
  assert.equal(rows[17].reason, "client-disconnect");
  assert.ok(rows.every(({ connection }) => connection === 2));
  await broker.stop();
  assert.equal(trace.end?.end, "broker stops");
  assert.deepEqual(broker.failures, []);
});

Deno.test("trace: passwords and authentication data show nowhere, neither in rows nor in bytes", async () => {
  const broker = new TestBroker();
  const secret = "swordfish";
  const traces = [await traced(broker), await traced(broker, { bytes: true })];
  const client = broker.open(5);
  await client.send(client.packets.connect({
    ...{ clientId: "a", username: "anna", password: secret },
    properties: [
      property.authenticationMethod("none"),
      property.authenticationData(secret),
    ],
  }));
  const plain = broker.open(5);
  await plain.send(plain.packets.connect({ username: "u", password: secret }));
  await plain.send(auth(0x19, [
    property.authenticationMethod("none"),
    property.authenticationData(secret),
  ]));
  // Malformed behind its password.
  const broken = broker.open(4);
  await broken.send(broken.packets.connect({
    ...{ clientId: "b", username: "u", password: secret, trailing: "00" },
  }));
  for (const { lines, rows } of traces) {
    assert.ok(rows.length >= 6);
    const all = JSON.stringify(lines) +
      rows.map(({ bytes = "" }) => text(bytes)).join("");
    assert.ok(!all.includes(secret), all);
    assert.ok(!all.includes(btoa(secret)));
  }
  const [{ rows }] = traces;
  assert.equal(rows[0].password, "***");
  assert.equal(rows[0].properties?.authenticationData, "***");
  const malformed = rows.filter(({ malformed }) => malformed !== undefined);
  assert.deepEqual(malformed.map(({ packet }) => packet), ["CONNECT"]);
});

Deno.test("trace: the payload of a message or a will is cut at 4 KiB, or left out", async () => {
  const broker = new TestBroker();
  const whole = await traced(broker);
  const none = await traced(broker, { preview: 0 });
  const long = "x".repeat(5000);
  const client = await broker.connect(5, {
    will: { topic: "w", payload: long, retain: true },
  });
  await client.send(client.packets.subscribe(1, [["t", 1]]));
  await client.send(
    client.packets.publish({ topic: "t", payload: long, qos: 1 }),
    puback(1),
  );
  const [connect] = whole.rows;
  assert.equal(connect.will?.payloadLength, 5000);
  assert.equal(text(connect.will?.payload).length, 4096);
  const messages = whole.rows.filter(({ packet }) => packet === "PUBLISH");
  assert.equal(messages.length, 2);
  for (const { payload, payloadLength } of messages) {
    assert.equal(payloadLength, 5000);
    assert.equal(text(payload), long.slice(0, 4096));
  }
  assert.ok(!JSON.stringify(none.lines).includes('"payload":'));
  assert.equal(none.rows.length, whole.rows.length);
});

Deno.test("trace: a topic filter chooses messages, their acknowledgements, subscriptions and wills", async () => {
  const broker = new TestBroker();
  const trace = await traced(broker, { topic: "a/+" });
  const client = await broker.connect(4, {
    will: { topic: "a/will", payload: "gone" },
  });
  const { packets } = client;
  await client.send(packets.subscribe(1, ["b"]), packets.subscribe(2, ["#"]));
  await client.send(packets.publish({ topic: "b", qos: 1, id: 3 }));
  await client.send(packets.publish({ topic: "a/1", qos: 1, id: 4 }));
  await client.send(packets.publish({ topic: "a/1/2" }));
  assert.deepEqual(trace.told, [
    "in CONNECT",
    "in SUBSCRIBE",
    "out SUBACK #",
    "in PUBLISH a/1",
    "out PUBLISH a/1",
    "out PUBACK a/1",
  ]);
});

Deno.test("trace: direction, kinds of packets and networks choose", async () => {
  const broker = new TestBroker();
  const out = await traced(broker, { direction: "out" });
  const kinds = await traced(broker, { packets: ["publish", "closed"] });
  const near = await traced(broker, { address: "192.0.2.0/24" });
  const client = await broker.connect(4);
  await client.send(client.packets.publish({ topic: "a", qos: 1 }));
  await client.send(hex("e000"));
  const far = broker.open(4, true, "192.0.2.7");
  await far.send(far.packets.connect({ clientId: "far" }));
  assert.deepEqual(out.told, [
    ...["out CONNACK", "out PUBACK a", "out CLOSED", "out CONNACK"],
  ]);
  assert.deepEqual(kinds.told, ["in PUBLISH a", "out CLOSED"]);
  assert.deepEqual(near.told, ["in CONNECT", "out CONNACK"]);
  assert.match(near.rows[0].address, /^192\.0\.2\.7:\d+$/);
});

Deno.test("trace: a pattern chooses client ids, also those that the broker gives", async () => {
  const broker = new TestBroker();
  const trace = await traced(broker, { client: "dunlin-*" });
  await broker.connect(5, { clientId: "" });
  await broker.connect(5, "other");
  assert.deepEqual(trace.told, ["in CONNECT", "out CONNACK"]);
  const [connect, connack] = trace.rows;
  assert.match(connect.client, /^dunlin-\w+$/);
  assert.equal(
    connack.properties?.assignedClientIdentifier,
    connect.client,
  );
  for (
    const [pattern, id, is] of [
      ...[["a", "a", true], ["a", "ab", false], ["*", "", true]],
      ...[["a*", "ab", true], ["a*a", "a", false], ["*b*", "abc", true]],
      ...[["a*b*c", "a1b2c", true], ["a*b*b", "ab", false]],
    ] as const
  ) assert.equal(isLike(pattern, id), is, `${pattern} ${id}`);
});

Deno.test("trace: clients that were connected before are seen, and after its end none is", async () => {
  const broker = new TestBroker();
  const client = await broker.connect(4, "a");
  const trace = await traced(broker, { client: "a", duration: 1000 });
  await client.send(hex("c000"));
  await broker.advance(1000);
  assert.equal(trace.end?.end, "time");
  await client.send(hex("c000"));
  assert.deepEqual(trace.told, ["in PINGREQ", "out PINGRESP"]);
  assert.deepEqual(trace.end, { end: "time", rows: 2, missing: 0 });
});

Deno.test("trace: a packet that has to wait shows once", async () => {
  const broker = new TestBroker({ limits: { publish_rate: 1 } });
  const client = await broker.connect(4);
  const trace = await traced(broker, { direction: "in" });
  const { packets } = client;
  for (const topic of ["a", "b", "c"]) {
    client.post(packets.publish({ topic }));
  }
  for (let second = 0; second < 4; second++) await broker.advance(1000);
  assert.deepEqual(trace.told, [
    "in PUBLISH a",
    "in PUBLISH b",
    "in PUBLISH c",
  ]);
});

Deno.test("trace: topics have the mount point, and an alias stands for its topic", async () => {
  const broker = new TestBroker({
    listener: { mount_point: "north/", topic_alias_maximum: 5 },
  });
  const trace = await traced(broker, { topic: "north/#" });
  const client = await broker.connect(5);
  const { packets } = client;
  await client.send(packets.subscribe(1, ["$share/g/a"]));
  await client.send(
    packets.publish({ topic: "a", properties: [property.topicAlias(1)] }),
    packets.publish({ topic: "", properties: [property.topicAlias(1)] }),
  );
  assert.deepEqual(trace.told, [
    ...["in SUBSCRIBE", "out SUBACK north/a"],
    ...["in PUBLISH north/a", "out PUBLISH north/a"],
    ...["in PUBLISH north/a", "out PUBLISH north/a"],
  ]);
  assert.deepEqual(trace.rows[0].filters, [
    { filter: "$share/g/north/a", qos: 0 },
  ]);
});

Deno.test("trace: a packet that breaks the protocol shows with its fault, and then the end", async () => {
  const broker = new TestBroker();
  const client = await broker.connect(5, "a");
  const trace = await traced(broker, { client: "a" });
  await client.send(hex("30 03 0001 61"));
  const [publish, disconnect, closed] = trace.rows;
  assert.equal(publish.malformed, "PUBLISH has no Property Length");
  assert.equal(disconnect.reason, "MalformedPacket");
  assert.equal(closed.reason, "protocol-error");
  assert.equal(closed.detail, "PUBLISH has no Property Length");
});
