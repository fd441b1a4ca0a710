import assert from "node:assert/strict";
import {
  Caller,
  dunlinPreset,
  goAuthPreset,
  HttpLink,
  type HttpLinkOptions,
} from "../../../src/security/http/mod.ts";
import { ReasonCode } from "../../../src/mqtt/mod.ts";
import type { Verdict } from "../../../src/security/chain/mod.ts";
import type { Credentials } from "../../../src/security/mod.ts";
import { credentialsOf } from "../../support/credentials_of.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { within } from "../../support/wait.ts";
import { type WebCall, WebServer } from "../../support/web_server.ts";

const ANN = credentialsOf({ username: "ann", password: "pencil" });

const json = (body: unknown, status = 200) => () =>
  new Response(JSON.stringify(body), { status });

/** A link that asks a server of the test's own. */
function linkTo(
  server: WebServer,
  options: Partial<HttpLinkOptions> = {},
  maxRequests = 8,
) {
  const clock = new ManualClock();
  const told: string[] = [];
  const caller = new Caller({
    maxRequests,
    timeout: 1000,
    authorization: "Bearer abc",
    onTrouble: (error) => told.push(error.message),
    onRecovered: () => told.push("recovered"),
  }, clock);
  const link = new HttpLink(
    "http",
    {
      url: `${server.url}/login?key=secret`,
      preset: dunlinPreset,
      cache: 0,
      onError: "deny",
      ...options,
    },
    caller,
    clock,
  );
  return { link, clock, told };
}

interface Cell {
  readonly what: string;
  readonly answer: (call: WebCall) => Response;
  readonly kind: Verdict["kind"];
  readonly code?: number;
}

const CELLS: readonly Cell[] = [
  { what: "allow", answer: json({ result: "allow" }), kind: "allow" },
  {
    what: "deny",
    answer: json({ result: "deny", reason: "not you" }),
    kind: "deny",
    code: 0x86,
  },
  { what: "ignore", answer: json({ result: "ignore" }), kind: "ignore" },
  { what: "401", answer: json({}, 401), kind: "deny", code: 0x86 },
  { what: "403", answer: json({}, 403), kind: "deny", code: 0x86 },
  { what: "500", answer: json({ result: "allow" }, 500), kind: "deny" },
  { what: "404", answer: json({ result: "allow" }, 404), kind: "deny" },
  { what: "no JSON", answer: () => new Response("allow"), kind: "deny" },
  { what: "a list", answer: json([]), kind: "deny" },
  { what: "null", answer: json(null), kind: "deny" },
  { what: "no result", answer: json({ ok: true }), kind: "deny" },
  { what: "another result", answer: json({ result: true }), kind: "deny" },
  {
    what: "an answer without end",
    answer: () => new Response("x".repeat(100_000)),
    kind: "deny",
  },
  {
    what: "a way to elsewhere",
    answer: () =>
      new Response("", { status: 307, headers: { location: "/other" } }),
    kind: "deny",
  },
  ...[
    { username: 7 },
    { username: "a\0b" },
    { groups: "staff" },
    { groups: [1] },
    { expires_at: "soon" },
    { acl: [] },
    { acl: { publish: ["a/#/b"] } },
    { acl: { read: ["a"] } },
  ].map((wrong) => ({
    what: `allow with ${JSON.stringify(wrong)}`,
    answer: json({ result: "allow", ...wrong }),
    kind: "deny" as const,
  })),
];

for (const { what, answer, kind, code = 0x88 } of CELLS) {
  Deno.test(`http: a server that answers ${what}`, async () => {
    await using server = new WebServer(answer);
    const { link } = linkTo(server);
    const verdict = await link.judge(ANN);
    assert.equal(verdict.kind, kind);
    if (verdict.kind === "deny") assert.equal(verdict.reasonCode, code);
    // Where it fails, others may be asked instead, if the settings say so.
    const lenient = linkTo(server, { onError: "ignore" }).link;
    const second = await lenient.judge(ANN);
    assert.equal(
      second.kind,
      code === 0x88 && kind === "deny" ? "ignore" : kind,
    );
  });
}

Deno.test("http: what is asked, and with which header", async () => {
  await using server = new WebServer(json({ result: "allow" }));
  const { link } = linkTo(server);
  await link.judge(ANN);
  const [{ path, method, headers, body }] = server.calls;
  assert.equal(path, "/login?key=secret");
  assert.equal(method, "POST");
  assert.equal(headers.get("authorization"), "Bearer abc");
  assert.equal(headers.get("content-type"), "application/json");
  assert.deepEqual(JSON.parse(body), {
    client_id: "client",
    username: "ann",
    password: "pencil",
    listener: "tcp",
    address: "192.0.2.1",
    version: 5,
    certificate: null,
  });
  await link.judge(credentialsOf({
    username: "ann",
    password: Uint8Array.of(0xff, 0xfe),
  }));
  const { password, password_base64 } = JSON.parse(server.calls[1].body);
  assert.deepEqual([password, password_base64], [null, "//4="]);
});

Deno.test("http: what the server knows of a client counts", async () => {
  await using server = new WebServer(json({
    result: "allow",
    username: "Ann",
    groups: ["staff"],
    acl: { publish: ["a/#"] },
    expires_at: 2_000_000_000,
  }));
  const verdict = await linkTo(server).link.judge(ANN);
  assert.equal(verdict.kind, "allow");
  const { username, groups, grants, expiresAt } = verdict.identity;
  assert.equal(username, "Ann");
  assert.deepEqual(groups, ["staff"]);
  assert.deepEqual([grants?.publish, grants?.subscribe], [["a/#"], []]);
  assert.equal(expiresAt, 2_000_000_000_000);
});

Deno.test("http: a client without credentials is not asked about", async () => {
  await using server = new WebServer(json({ result: "allow" }));
  const verdict = await linkTo(server).link.judge(credentialsOf());
  assert.equal(verdict.kind, "ignore");
  assert.equal(server.calls.length, 0);
});

Deno.test("http: a yes holds as long as it may, a no is asked again", async () => {
  await using server = new WebServer(json({ result: "allow" }));
  const { link, clock } = linkTo(server, { cache: 60_000 });
  const wrong = credentialsOf({ username: "ann", password: "pen" });
  await link.judge(ANN);
  clock.advance(59_999);
  assert.equal((await link.judge(ANN)).kind, "allow");
  assert.equal(server.calls.length, 1);
  server.answer = json({ result: "deny" });
  assert.equal((await link.judge(wrong)).kind, "deny");
  assert.equal((await link.judge(wrong)).kind, "deny");
  assert.equal(server.calls.length, 3);
  clock.advance(1);
  assert.equal((await link.judge(ANN)).kind, "deny");
});

Deno.test("http: a yes that has an end does not outlast it", async () => {
  const clock = new ManualClock();
  const end = clock.date() / 1000 + 10;
  await using server = new WebServer(
    json({ result: "allow", expires_at: end }),
  );
  const made = linkTo(server, { cache: 60_000 });
  assert.equal((await made.link.judge(ANN)).kind, "allow");
  made.clock.advance(10_000);
  assert.equal((await made.link.judge(ANN)).kind, "deny");
  assert.equal(server.calls.length, 2);
});

Deno.test("http: an outage is told once, without what is secret in the address", async () => {
  await using server = new WebServer(json({}, 503));
  const { link, told } = linkTo(server);
  await link.judge(ANN);
  await link.judge(ANN);
  assert.deepEqual(told, ["the server answered 503"]);
  server.answer = json({ result: "allow" });
  await link.judge(ANN);
  assert.equal(told.at(-1), "recovered");
  const { link: lost, told: lostTold } = linkTo(server, {
    url: "http://user:pass@127.0.0.1:1/x?key=secret",
  });
  const verdict = await lost.judge(ANN);
  assert.equal(verdict.kind, "deny");
  assert.match(lostTold[0], /^http:\/\/127\.0\.0\.1:1\/x could not be asked/);
  assert.doesNotMatch(lostTold[0], /pass|secret/);
});

Deno.test("http: a server that does not answer is given up in time", async () => {
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<Response>();
  await using server = new WebServer(() => {
    asked.resolve();
    return answer.promise;
  });
  const { link, clock, told } = linkTo(server);
  const verdict = link.judge(ANN);
  await asked.promise;
  clock.advance(1000);
  assert.equal((await verdict).kind, "deny");
  assert.match(told[0], /did not answer within 1000 ms/);
  answer.resolve(new Response());
});

Deno.test("http: so many questions at once and no more", async () => {
  let underWay = 0;
  let most = 0;
  const arrived = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  await using server = new WebServer(async () => {
    most = Math.max(most, ++underWay);
    if (underWay === 2) arrived.resolve();
    await gate.promise;
    underWay--;
    return new Response(`{"result": "allow"}`);
  });
  const { link } = linkTo(server, {}, 2);
  const verdicts = Array.from(
    { length: 10 },
    (_, n) => link.judge(credentialsOf({ username: `u${n}`, password: "" })),
  );
  await arrived.promise;
  gate.resolve();
  for (const verdict of await Promise.all(verdicts)) {
    assert.equal(verdict.kind, "allow");
  }
  assert.equal(server.calls.length, 10);
  assert.equal(most, 2);
});

const GO_AUTH: readonly Cell[] = [
  { what: "200", answer: () => new Response(), kind: "allow" },
  { what: "200 with text", answer: () => new Response("ok"), kind: "allow" },
  { what: "ok", answer: json({ ok: true, error: "" }), kind: "allow" },
  {
    what: "not ok",
    answer: json({ ok: false, error: "no" }),
    kind: "deny",
    code: 0x86,
  },
  {
    what: "ok as text",
    answer: json({ ok: "true" }),
    kind: "deny",
    code: 0x86,
  },
  { what: "400", answer: json({}, 400), kind: "deny", code: 0x86 },
  { what: "404", answer: json({}, 404), kind: "deny", code: 0x86 },
  { what: "500", answer: json({ ok: true }, 500), kind: "deny" },
];

for (const { what, answer, kind, code = 0x88 } of GO_AUTH) {
  Deno.test(`http: mosquitto-go-auth's way, ${what}`, async () => {
    await using server = new WebServer(answer);
    const { link } = linkTo(server, { preset: goAuthPreset });
    const verdict = await link.judge(ANN);
    assert.equal(verdict.kind, kind);
    if (verdict.kind === "deny") assert.equal(verdict.reasonCode, code);
    assert.deepEqual(JSON.parse(server.calls[0].body), {
      username: "ann",
      password: "pencil",
      clientid: "client",
    });
  });
}

function userOf(username: string, password = "x"): Credentials {
  return credentialsOf({ username, password });
}

/** A server that keeps all who ask waiting until it is let go. */
function slowServer() {
  const held = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  const server = new WebServer(async () => {
    asked.resolve();
    await held.promise;
    return json({ result: "allow" })();
  });
  return { server, asked: asked.promise, answer: held.resolve };
}

Deno.test("http: who has waited too long for a turn is not asked about", async () => {
  const { server, asked, answer } = slowServer();
  await using _ = server;
  const { link, clock, told } = linkTo(server, {}, 1);
  const first = link.judge(ANN);
  await within("the first", asked);
  const early = link.judge(userOf("b"));
  clock.advance(600);
  const late = link.judge(userOf("c"));
  // The first is not answered in time: only then is there a turn.
  clock.advance(401);
  assert.equal((await within("the first", first)).kind, "deny");
  const refused = await within("b", early);
  assert.ok(
    refused.kind === "deny" && /too many requests waiting/.test(refused.why),
  );
  answer();
  assert.equal((await within("c", late)).kind, "allow");
  const names = server.calls.map(({ body }) => JSON.parse(body).username);
  assert.deepEqual(names, ["ann", "c"]);
  assert.equal(told.length, 2, "one outage, that does not begin with the wait");
});

Deno.test("http: passwords that wait for a turn are held up to a bound", async () => {
  const { server, asked, answer } = slowServer();
  await using _ = server;
  const { link } = linkTo(server, {}, 1);
  const first = link.judge(ANN);
  await within("the first", asked);
  const big = "p".repeat(65_000);
  const all = Array.from(
    { length: 400 },
    (_, at) => link.judge(userOf(`u${at}`, big)),
  );
  const last = await within("the last", all.at(-1)!);
  assert.ok(last.kind === "deny" && /too many requests waiting/.test(last.why));
  assert.equal(last.reasonCode, ReasonCode.ServerUnavailable);
  answer();
  await within("the first", first);
  const kinds = (await within("all", Promise.all(all))).map(({ kind }) => kind);
  const taken = kinds.filter((kind) => kind === "allow").length;
  assert.ok(taken > 200 && taken < 270, `${taken}`);
});
