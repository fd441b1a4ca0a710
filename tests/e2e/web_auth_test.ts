import assert from "node:assert/strict";
import type { MqttClient } from "mqtt";
import { BrokerProcess } from "../support/process.ts";
import { type WebCall, WebServer } from "../support/web_server.ts";
import { connectMqttJs } from "./mqttjs_client.ts";

/** A broker that asks `server`; `more` are settings of the `[[auth]]`. */
async function askingBroker(
  server: WebServer,
  more: string,
): Promise<BrokerProcess> {
  return await BrokerProcess.start({
    config: `
[[listener]]
bind = "127.0.0.1"
port = 0

[[auth]]
type = "http"
url = "${server.url}/login"
acl_url = "${server.url}/acl"
${more}

[[auth]]
type = "users"

[[user]]
name = "local"
password = "pencil"

[[acl]]
topic = "free/#"

[[acl]]
topic = "closed"
permission = "deny"

[access]
login_delay = 0
max_failures = 0
explain = true
`,
  });
}

async function enter(
  broker: BrokerProcess,
  username: string,
  password = "pencil",
  protocolVersion: 4 | 5 = 5,
): Promise<MqttClient> {
  const url = `mqtt://127.0.0.1:${broker.port()}`;
  return await connectMqttJs(url, { protocolVersion, username, password });
}

const json = (body: unknown, status = 200) =>
  new Response(JSON.stringify(body), { status });

/** Knows ann, who may do everything with `ann/`, and nobody else. */
function answer({ path, body }: WebCall): Response {
  const asked = JSON.parse(body);
  if (path === "/login") {
    const isAnn = asked.username === "ann" && asked.password === "pencil";
    return json({
      result: isAnn ? "allow" : asked.username === "ann" ? "deny" : "ignore",
    });
  }
  const isHers = asked.topic.startsWith(`${asked.username}/`);
  return json({ result: isHers ? "allow" : "deny" });
}

Deno.test("MQTT.js: a web server says who comes in and does what", async (test) => {
  await using server = new WebServer(answer);
  await using broker = await askingBroker(server, "");

  for (const version of [4, 5] as const) {
    await test.step(`ann, and what she may do (version ${version})`, async () => {
      const client = await enter(broker, "ann", "pencil", version);
      const got: string[] = [];
      client.on("message", (topic) => got.push(topic));
      await client.subscribeAsync(["ann/#", "free/#"], { qos: 1 });
      await assert.rejects(client.subscribeAsync("bob/x"));
      // One after the other, though each has to be asked about.
      const topics = ["ann/1", "free/2", "ann/3", "ann/1", "free/4"];
      await Promise.all(
        topics.map((topic) => client.publishAsync(topic, "", { qos: 1 })),
      );
      const refused = client.publishAsync("bob/x", "", { qos: 1 });
      if (version === 5) await assert.rejects(refused, { code: 0x87 });
      else await refused;
      assert.deepEqual(got, topics);
      await client.endAsync(true);
    });
  }

  await test.step("what a rule decides is not asked about, and answers are kept", () => {
    const asked = server.calls.filter(({ path }) => path === "/acl")
      .map(({ body }) => JSON.parse(body))
      .map(({ action, topic }) => `${action} ${topic}`);
    assert.ok(asked.every((one) => !one.endsWith(" free/2")));
    assert.equal(asked.filter((one) => one === "publish ann/1").length, 2);
    const logins = server.calls.filter(({ path }) => path === "/login");
    assert.equal(logins.length, 2);
  });

  await test.step("a wrong password, and who is known elsewhere", async () => {
    await assert.rejects(enter(broker, "ann", "pen"), { code: 0x86 });
    await assert.rejects(enter(broker, "eve"), { code: 0x86 });
    const client = await enter(broker, "local");
    await client.publishAsync("local/x", "", { qos: 1 });
    await assert.rejects(client.publishAsync("closed", "", { qos: 1 }));
    await client.endAsync(true);
  });

  await test.step("when it fails nobody comes in, nor is anything allowed", async () => {
    const client = await enter(broker, "ann");
    await client.publishAsync("ann/1", "", { qos: 1 });
    server.answer = () => json({ result: "allow" }, 500);
    await assert.rejects(enter(broker, "local", "pencil"), { code: 0x88 });
    await assert.rejects(client.publishAsync("ann/new", "", { qos: 1 }));
    await client.publishAsync("free/x", "", { qos: 1 });
    // What is known still holds.
    await client.publishAsync("ann/1", "", { qos: 1 });
    await client.endAsync(true);
    server.answer = answer;
  });
});

Deno.test("MQTT.js: mosquitto-go-auth's server, with superusers, left out when it fails", async () => {
  await using server = new WebServer(({ path, body }) => {
    const { username, password, topic, acc } = JSON.parse(body);
    switch (path) {
      case "/login":
        return json({ ok: password === "pencil", error: "" });
      case "/super":
        return new Response("", { status: username === "root" ? 200 : 403 });
    }
    const isAllowed = (topic === "in" && acc === 2) ||
      (topic === "out" && acc === 4);
    return json({ ok: isAllowed, error: "" });
  });
  await using broker = await askingBroker(
    server,
    `preset = "mosquitto-go-auth"
superuser_url = "${server.url}/super"
on_error = "ignore"
cache = 0`,
  );
  const root = await enter(broker, "root");
  const ann = await enter(broker, "ann");
  for (const topic of ["in", "out", "other"]) {
    await root.publishAsync(topic, "", { qos: 1 });
    await root.subscribeAsync(topic);
  }
  await ann.publishAsync("in", "", { qos: 1 });
  await assert.rejects(ann.publishAsync("out", "", { qos: 1 }));
  await ann.subscribeAsync("out");
  await assert.rejects(ann.subscribeAsync("in"));
  await assert.rejects(root.publishAsync("closed", "", { qos: 1 }));
  server.answer = () => new Response("", { status: 500 });
  const local = await enter(broker, "local");
  await assert.rejects(local.publishAsync("in", "", { qos: 1 }));
  await local.publishAsync("free/x", "", { qos: 1 });
  for (const client of [root, ann, local]) await client.endAsync(true);
});
