import assert from "node:assert/strict";
import { PropertyId } from "../../src/mqtt/mod.ts";
import { staying } from "../support/packets.ts";
import { propertiesOf, propertyOf } from "../support/read_packet.ts";
import { until } from "../support/wait.ts";
import { adminTest } from "./admin_broker.ts";

adminTest(
  "kick: the client gets DISCONNECT 0x98, and its session stays",
  async (broker) => {
    const { test } = broker;
    const admin = await broker.program("admin");
    const client = await test.connect(5, staying(5, "../pump"));
    const kick = (clientId: string) =>
      admin.send("api/v1/clients/kick", { method: "POST", body: { clientId } });
    assert.deepEqual((await kick("../pump")).json, { clientId: "../pump" });
    const { type, code } = await client.receive();
    assert.deepEqual([type, code], [14, 0x98]);
    assert.equal((await kick("../pump")).json.code, "not-connected");
    const { status, json } = await kick("nobody");
    assert.deepEqual([status, json.code], [404, "no-such-client"]);
    await until(
      "the audit lines come",
      () => test.events.filter(([, name]) => name === "admin").length >= 4,
    );
    const [level, , fields] = test.events.find(([, name, { client }]) =>
      name === "admin" && client === "../pump"
    )!;
    assert.equal(level, "info");
    assert.match(String(fields.who), /^token \w{8} \(admin\)$/);
    assert.equal(fields.what, "POST /clients/kick");
    assert.equal(fields.from, "127.0.0.1");
    assert.equal(fields.status, 200);
  },
);

adminTest(
  "publish: text and Base64 arrive with all properties",
  async (broker) => {
    const { test } = broker;
    const admin = await broker.program("admin");
    const client = await test.connect(5, "reader");
    await client.send(client.packets.subscribe(1, [["a/#", 1]]));
    await client.receive();
    const publish = (body: unknown, path = "api/v1/publish") =>
      admin.send(path, { method: "POST", body });
    const one = await publish({
      topic: "a/b",
      payload: "grüß",
      qos: 1,
      properties: {
        payloadFormatIndicator: 1,
        messageExpiryInterval: 60,
        contentType: "text/plain",
        responseTopic: "answer/here",
        correlationData: btoa("\x00\xff"),
        userProperties: [["k", "1"], ["k", "2"]],
      },
    });
    assert.deepEqual(one.json, { topic: "a/b", receivers: 1 });
    const got = await client.receive();
    assert.equal(got.type, 3);
    assert.deepEqual(
      [got.topic, got.qos, got.payload],
      ["a/b", 1, "grüß"],
    );
    const { ContentType, ResponseTopic, MessageExpiryInterval } = PropertyId;
    assert.equal(propertyOf(got, ContentType), "text/plain");
    assert.equal(propertyOf(got, ResponseTopic), "answer/here");
    assert.equal(propertyOf(got, MessageExpiryInterval), 60);
    const data = propertyOf(got, PropertyId.CorrelationData) as Uint8Array;
    assert.deepEqual([...data], [0, 255]);
    assert.deepEqual(propertiesOf(got, PropertyId.UserProperty), [
      ["k", "1"],
      ["k", "2"],
    ]);
    const batch = await publish({
      messages: [
        { topic: "a/1", payload: "AAE=", encoding: "base64" },
        { topic: "a/2", retain: true },
        { topic: "b" },
      ],
    }, "api/v1/publish/batch");
    assert.deepEqual(batch.json.results, [
      { topic: "a/1", receivers: 1 },
      { topic: "a/2", receivers: 1 },
      { topic: "b", receivers: 0 },
    ]);
    const { topic, bytes } = await client.receive();
    assert.deepEqual([topic, ...bytes.slice(-2)], ["a/1", 0, 1]);
  },
);

adminTest(
  "publish: what no client may publish is refused, and then nothing of a batch goes out",
  async (broker) => {
    const { test } = broker;
    const admin = await broker.program("admin");
    const client = await test.connect(5, "reader");
    await client.send(client.packets.subscribe(1, ["#"]));
    await client.receive();
    const code = async (message: object) => {
      const { status, json } = await admin.send("api/v1/publish/batch", {
        method: "POST",
        body: { messages: [{ topic: "fine" }, message] },
      });
      assert.ok(status === 400 || status === 507, String(status));
      return json.code;
    };
    assert.equal(await code({ topic: "a/+" }), "topic-name-invalid");
    assert.equal(await code({ topic: "a\0" }), "topic-name-invalid");
    assert.equal(await code({ topic: "\ud800" }), "topic-name-invalid");
    assert.equal(await code({ topic: "a/b/c/d/e" }), "topic-name-invalid");
    assert.equal(await code({ topic: "$SYS/broker/uptime" }), "topic-reserved");
    assert.equal(await code({ topic: "$CONTROL/x" }), "topic-reserved");
    const base64 = { topic: "a", payload: "?", encoding: "base64" };
    assert.equal(await code(base64), "payload-invalid");
    const text = { ...base64, payload: "/w==" };
    const properties = { payloadFormatIndicator: 1 };
    assert.equal(await code({ ...text, properties }), "payload-format-invalid");
    const response = { responseTopic: "a/#" };
    assert.equal(
      await code({ topic: "a", properties: response }),
      "property-invalid",
    );
    const user = { userProperties: [["a", "\0"]] };
    assert.equal(
      await code({ topic: "a", properties: user }),
      "property-invalid",
    );
    await admin.send("api/v1/publish", {
      method: "POST",
      body: { topic: "last" },
    });
    assert.equal((await client.receive()).topic, "last");
  },
  { limits: { max_topic_levels: 4 } },
);

adminTest(
  "events: a stream has the figures of each second, and ends with its token",
  async (broker) => {
    const admin = await broker.logIn();
    const { json } = await admin.send("api/v1/tokens", {
      method: "POST",
      body: { name: "page", role: "viewer" },
    });
    const viewer = broker.anyone.with({
      authorization: `Bearer ${json.token}`,
    });
    for (const bad of ["figures,else", "logs", "figures,", ""]) {
      const path = `api/v1/events?channels=${bad}`;
      assert.equal(await viewer.status(path), 400);
    }
    const response = await viewer.fetch("api/v1/events?channels=figures");
    assert.equal(response.headers.get("content-type"), "text/event-stream");
    const reader = response.body!.pipeThrough(new TextDecoderStream())
      .getReader();
    let text = "";
    while (text.split("event: figures\n").length < 4) {
      await broker.test.advance(1000);
      const { value } = await reader.read();
      text += value;
    }
    assert.match(text, /^retry: 3000\n\nevent: figures\ndata: \{"time":/);
    await admin.send(`api/v1/tokens/${json.id}`, { method: "DELETE" });
    await until("the stream ends", async () => {
      await broker.test.advance(1000);
      return (await reader.read()).done;
    });
  },
);

adminTest("events: 32 streams are open at most", async (broker) => {
  const viewer = await broker.program("viewer");
  const open: Response[] = [];
  for (let at = 0; at < 32; at++) {
    open.push(await viewer.fetch("api/v1/events"));
  }
  assert.ok(open.every(({ status }) => status === 200));
  const { status, json } = await viewer.send("api/v1/events");
  assert.deepEqual([status, json.code], [503, "too-many-streams"]);
  await open[0].body!.cancel();
  await until(
    "a place is free",
    async () => await viewer.status("api/v1/events") === 200,
  );
  for (const { body } of open.slice(1)) await body!.cancel();
});
