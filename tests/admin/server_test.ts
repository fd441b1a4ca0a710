import assert from "node:assert/strict";
import { adminTest } from "./admin_broker.ts";
import { until } from "../support/wait.ts";

adminTest("admin: health answers without a login", async ({ anyone }) => {
  assert.equal((await anyone.send("health/live")).status, 200);
  await until(
    "the broker is ready",
    async () => (await anyone.send("health/ready")).status === 200,
  );
  assert.equal((await anyone.send("health/else")).status, 404);
});

adminTest(
  "admin: every answer has the security headers and stays in no cache",
  async ({ anyone }) => {
    for (const path of ["", "health/live", "api/v1/status", "api/v1/nothing"]) {
      const { headers } = await anyone.send(path);
      const policy = headers.get("content-security-policy")!;
      assert.match(policy, /default-src 'self'/, path);
      assert.doesNotMatch(policy, /unsafe/);
      assert.equal(headers.get("x-content-type-options"), "nosniff");
      assert.equal(headers.get("x-frame-options"), "DENY");
      assert.equal(headers.get("referrer-policy"), "no-referrer");
      assert.equal(headers.get("cache-control"), "no-store");
    }
  },
);

adminTest("admin: the status has the figures of the broker", async (broker) => {
  const viewer = await broker.program("viewer");
  await broker.test.connect(5, "pump");
  await broker.test.advance(1000);
  await until("the figures come", async () => {
    const { status, json } = await viewer.send("api/v1/status");
    return status === 200 && json.clients.connected === 1 && json.running;
  });
});

adminTest(
  "admin: the OpenAPI document names every route, with relative URLs",
  async (broker) => {
    assert.equal((await broker.anyone.send("api/openapi.json")).status, 401);
    const viewer = await broker.program("viewer");
    const { json } = await viewer.send("api/openapi.json");
    assert.equal(json.openapi, "3.1.0");
    assert.deepEqual(json.servers, [{ url: "v1" }]);
    assert.ok(json.paths["/status"].get);
    assert.equal(json.paths["/publish"].post["x-role"], "admin");
    assert.doesNotMatch(JSON.stringify(json), /https?:/);
  },
);

adminTest(
  "admin: requests for another host name are refused on loopback",
  async (broker) => {
    const port = new URL(broker.url).port;
    const statusFor = async (host: string) => {
      const conn = await Deno.connect({ port: Number(port) });
      const head = `GET /health/live HTTP/1.1\r\nHost: ${host}\r\n` +
        "Connection: close\r\n\r\n";
      await conn.write(new TextEncoder().encode(head));
      const text = await new Response(conn.readable).text();
      return Number(/^HTTP\/1.1 (\d+)/.exec(text)![1]);
    };
    for (
      const host of [
        `localhost:${port}`,
        "127.0.0.1",
        `[::1]:${port}`,
        "192.0.2.7:80",
        "mqtt.example.org",
        "MQTT.example.org.",
      ]
    ) assert.equal(await statusFor(host), 200, host);
    for (
      const host of [
        "evil.example.com",
        `evil.example.com:${port}`,
        "localhost.evil.example.com",
        "127.0.0.1.evil.example.com",
        "",
      ]
    ) assert.ok([400, 421].includes(await statusFor(host)), host);
  },
  { admin: { host_names: ["mqtt.example.org"] } },
);

adminTest("admin: paths lead to no file", async (broker) => {
  const viewer = await broker.program("viewer");
  for (
    const path of [
      "..%2f..%2fetc/passwd",
      "%2e%2e/%2e%2e/etc/passwd",
      "/etc/passwd",
      "api/v1/..%2f..%2fdeno.json",
      "api/v1/__proto__",
      "api/v1/constructor/x",
      "api/v1/tokens/%00",
      "login/../../x",
      "deno.json",
    ]
  ) {
    const { status, text } = await viewer.send(path);
    assert.ok([400, 403, 404, 405].includes(status), `${path}: ${status}`);
    assert.doesNotMatch(text, /root:|imports/);
  }
});

adminTest(
  "admin: no part of a request becomes a header or a log line",
  async (broker) => {
    const { test, anyone } = broker;
    const evil = "x\r\nset-cookie: a=b\n2026 info forged";
    const { status, headers, json } = await anyone.send("api/v1/session", {
      method: "POST",
      body: { user: evil, password: "12345678" },
    });
    assert.equal(status, 401);
    assert.equal(headers.get("set-cookie"), null);
    assert.equal(json.code, "login-failed");
    const link = await anyone.send(`login?link=${encodeURIComponent(evil)}`);
    assert.equal(link.status, 401);
    assert.equal(link.headers.get("location"), null);
    await until("the audit line comes", () => test.events.length >= 2);
    // The log writes fields in quotes.
    const [, , fields] = test.events.find(([, name]) => name === "admin")!;
    assert.equal(fields.user, evil);
  },
);

adminTest("admin: bodies have bounds and one content type", async (broker) => {
  const admin = await broker.program("admin");
  const send = (raw: BodyInit, type: string) =>
    admin.send("api/v1/publish", {
      method: "POST",
      raw,
      headers: { "content-type": type },
    });
  const json = "application/json";
  const message = JSON.stringify({ topic: "a", payload: "x".repeat(1 << 20) });
  assert.equal((await send(message, json)).status, 413);
  const stream = new Blob([message]).stream();
  assert.equal((await send(stream, json)).status, 413);
  assert.equal((await send("{}", "text/plain")).status, 415);
  assert.equal((await send("{", json)).status, 400);
  assert.equal(
    (await send(new Uint8Array([0x22, 0xff, 0x22]), json)).status,
    400,
  );
  const { status, json: problem } = await send(`{"topic":1,"x":2}`, json);
  assert.equal(status, 400);
  assert.equal(problem.status, 400);
  assert.deepEqual(
    problem.errors.map((one: { field: string }) => one.field),
    ["body.topic", "body.x"],
  );
});

adminTest(
  "admin: an unknown path is 404, a wrong method 405 with those allowed",
  async (broker) => {
    const admin = await broker.program("admin");
    assert.equal((await admin.send("api/v1/nothing")).status, 404);
    assert.equal((await admin.send("api/v1/status/more")).status, 404);
    const put = await admin.send("api/v1/tokens", { method: "PUT", body: {} });
    assert.equal(put.status, 405);
    assert.equal(put.headers.get("allow"), "GET, POST");
    assert.equal((await admin.send("", { method: "POST" })).status, 405);
    assert.equal(await admin.status("api/v1/status", { method: "HEAD" }), 200);
  },
);
