import assert from "node:assert/strict";
import { LoginRate } from "../../src/admin/credentials/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { adminTest } from "./admin_broker.ts";

adminTest("log-in: the link of the start logs in once", async (broker) => {
  const path = `login?link=${broker.first.link}`;
  const { status, headers } = await broker.anyone.send(path);
  assert.equal(status, 303);
  assert.equal(headers.get("location"), "./");
  const [cookie, ...attributes] = headers.get("set-cookie")!.split("; ");
  assert.match(cookie, /^dunlin_\d+=[\w-]{43}$/);
  assert.deepEqual(attributes, ["Path=/", "HttpOnly", "SameSite=Strict"]);
  const browser = broker.anyone.with({ cookie });
  const { json } = await browser.send("api/v1/session");
  assert.deepEqual([json.user, json.role], ["admin", "admin"]);
  assert.equal((await broker.anyone.send(path)).status, 401);
});

adminTest(
  "log-in: behind TLS of a proxy the cookie is for TLS alone",
  async (broker) => {
    const secured = broker.anyone.with({ "x-forwarded-proto": "https" });
    const { user, password } = broker.first;
    const { headers } = await secured.send("api/v1/session", {
      method: "POST",
      body: { user, password },
    });
    assert.match(headers.get("set-cookie")!, /; Secure$/);
  },
);

adminTest(
  "log-in: five wrong passwords, and then the right one has to wait",
  async (broker) => {
    const tryIt = (password: string, user = "admin") =>
      broker.anyone.send("api/v1/session", {
        method: "POST",
        body: { user, password },
      });
    for (const user of ["admin", "root", "admin", "x", "admin"]) {
      const { status, json } = await tryIt("12345678", user);
      assert.equal(status, 401);
      // It does not say which of the two is wrong.
      assert.equal(json.detail, "the name or the password is wrong");
    }
    const { status, json, headers } = await tryIt(broker.first.password);
    assert.equal(status, 429);
    assert.equal(json.code, "too-many-logins");
    assert.ok(Number(headers.get("retry-after")) >= 1);
    // No guess finds a link: a wrong one counts as well, the right one leads in.
    const link = (secret: string) =>
      broker.anyone.status(`login?link=${secret}`);
    assert.equal(await link("x"), 429);
    assert.equal(await link(broker.first.link), 303);
  },
);

adminTest(
  "log-in: a log-out, and another password, end sessions",
  async (broker) => {
    const one = await broker.logIn();
    assert.equal((await one.send("api/v1/session")).status, 200);
    const out = await one.send("api/v1/session", { method: "DELETE" });
    assert.equal(out.status, 204);
    assert.match(out.headers.get("set-cookie")!, /Max-Age=0/);
    assert.equal((await one.send("api/v1/session")).status, 401);
  },
);

adminTest(
  "log-in: a revoked token counts no more, and an unknown one never",
  async (broker) => {
    const admin = await broker.logIn();
    const { json } = await admin.send("api/v1/tokens", {
      method: "POST",
      body: { name: "grafana", role: "viewer", life: 3600 },
    });
    assert.match(json.token, /^dunlin_[a-z0-9]{8}_[\w-]{43}$/);
    const bearer = (token: string) =>
      broker.anyone.with({ authorization: `Bearer ${token}` });
    const status = async (token: string) =>
      (await bearer(token).send("api/v1/session")).status;
    assert.equal(await status(json.token), 200);
    const { json: list } = await admin.send("api/v1/tokens");
    assert.deepEqual(
      list.tokens.map((one: { name: string }) => one.name),
      ["grafana"],
    );
    assert.doesNotMatch(JSON.stringify(list), /hash|_/);
    for (
      const wrong of [
        json.token.slice(0, -1),
        `${json.token}x`,
        json.token.toUpperCase(),
        "dunlin_",
        "",
        "x".repeat(100_000),
      ]
    ) {
      assert.ok(
        [400, 401, 431].includes(await status(wrong)),
        wrong.slice(0, 60),
      );
    }
    const path = `api/v1/tokens/${json.id}`;
    assert.equal((await admin.send(path, { method: "DELETE" })).status, 204);
    assert.equal(await status(json.token), 401);
    assert.equal((await admin.send(path, { method: "DELETE" })).status, 404);
  },
);

adminTest("log-in: a wrong token is not helped by a cookie", async (broker) => {
  const admin = await broker.logIn();
  const mixed = admin.with({ authorization: "Bearer dunlin_x" });
  assert.equal((await mixed.send("api/v1/session")).status, 401);
});

Deno.test("log-in rate: each address has five attempts, then one in 12 s", () => {
  const clock = new ManualClock();
  const rate = new LoginRate(clock);
  for (let at = 0; at < 5; at++) assert.equal(rate.take("192.0.2.1"), 0);
  assert.equal(rate.take("192.0.2.1"), 12_000);
  assert.equal(rate.take("192.0.2.2"), 0);
  clock.advance(12_000);
  assert.equal(rate.take("192.0.2.1"), 0);
  assert.ok(rate.take("192.0.2.1") > 0);
  // An IPv6 /64 network is one subscriber.
  for (let at = 0; at < 5; at++) rate.take(`2001:db8::${at}`);
  assert.ok(rate.take("2001:db8::ffff") > 0);
});

Deno.test("log-in rate: guesses from many addresses are bounded together, and lock out no user", () => {
  const clock = new ManualClock();
  const rate = new LoginRate(clock);
  assert.equal(rate.take("192.0.2.200"), 0);
  rate.succeeded("192.0.2.200");
  let guesses = 0;
  for (let at = 0; at < 20_000; at++) {
    const address = `10.${at >> 16}.${at >> 8 & 255}.${at & 255}`;
    if (rate.take(address) === 0) guesses++;
  }
  assert.equal(guesses, 50);
  assert.ok(rate.remembered <= 10_000);
  assert.ok(rate.take("192.0.2.201") > 0);
  assert.equal(rate.take("192.0.2.200"), 0);
  clock.advance(60_000);
  assert.equal(rate.take("192.0.2.201"), 0);
});
