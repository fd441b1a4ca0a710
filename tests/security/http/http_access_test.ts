import assert from "node:assert/strict";
import {
  type AskedServer,
  Caller,
  dunlinPreset,
  goAuthPreset,
  HttpAccess,
  HttpAccessChain,
  type HttpAccessOptions,
} from "../../../src/security/http/mod.ts";
import type { AccessQuestion, Identity } from "../../../src/security/mod.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { type WebCall, WebServer } from "../../support/web_server.ts";

const ANN: Identity = { clientId: "c", username: "ann" };

const asks = (
  action: AccessQuestion["action"],
  topic = "a/b",
): AccessQuestion => ({ action, topic, qos: 1, retain: false });

const json = (body: unknown, status = 200) => () =>
  new Response(JSON.stringify(body), { status });

function accessTo(
  server: WebServer,
  options: Partial<HttpAccessOptions> = {},
) {
  const clock = new ManualClock();
  const caller = new Caller({
    maxRequests: 8,
    timeout: 1000,
    authorization: "",
    onTrouble() {},
    onRecovered() {},
  }, clock);
  const access = new HttpAccess(
    {
      url: `${server.url}/acl?key=secret`,
      superuserUrl: "",
      preset: dunlinPreset,
      cache: 60_000,
      ...options,
    },
    caller,
    clock,
  );
  return { access, clock };
}

const chainOf = (...servers: AskedServer[]) => new HttpAccessChain(servers);

Deno.test("http access: what is asked, in our own way", async () => {
  await using server = new WebServer(json({ result: "allow" }));
  const { access } = accessTo(server);
  const identity = { ...ANN, groups: ["g"], listener: "tcp", hostname: "::1" };
  assert.equal(await access.ask(identity, asks("publish")), "allow");
  assert.deepEqual(JSON.parse(server.calls[0].body), {
    client_id: "c",
    username: "ann",
    groups: ["g"],
    listener: "tcp",
    address: "::1",
    action: "publish",
    topic: "a/b",
    qos: 1,
    retain: false,
  });
  assert.equal(access.name, `${server.url}/acl`);
});

Deno.test("http access: mosquitto-go-auth's numbers of actions", async () => {
  await using server = new WebServer(json({ ok: true }));
  const { access } = accessTo(server, { preset: goAuthPreset });
  for (const action of ["receive", "publish", "subscribe"] as const) {
    await access.ask(ANN, asks(action));
  }
  assert.deepEqual(JSON.parse(server.calls[0].body), {
    username: "ann",
    topic: "a/b",
    clientid: "c",
    acc: 1,
  });
  const accs = server.calls.map(({ body }) => JSON.parse(body).acc);
  assert.deepEqual(accs, [1, 2, 4]);
});

Deno.test("http access: an answer is known at once while it holds, yes or no", async () => {
  await using server = new WebServer(({ body }) =>
    json({ result: JSON.parse(body).topic === "a" ? "allow" : "deny" })()
  );
  const { access, clock } = accessTo(server);
  assert.equal(await access.ask(ANN, asks("publish", "a")), "allow");
  assert.equal(await access.ask(ANN, asks("publish", "b")), "deny");
  assert.equal(access.ask(ANN, asks("publish", "a")), "allow");
  assert.equal(access.ask(ANN, asks("publish", "b")), "deny");
  assert.equal(server.calls.length, 2);
  // Another one's question is another one.
  await access.ask({ ...ANN, username: "bob" }, asks("publish", "a"));
  assert.equal(server.calls.length, 3);
  clock.advance(60_000);
  assert.notEqual(typeof access.ask(ANN, asks("publish", "a")), "string");
  await access.ask(ANN, asks("publish", "a"));
});

Deno.test("http access: who asks the same at one time waits for one answer", async () => {
  await using server = new WebServer(json({ result: "allow" }));
  const { access } = accessTo(server, { cache: 0 });
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => access.ask(ANN, asks("publish"))),
  );
  assert.deepEqual(new Set(answers), new Set(["allow"]));
  assert.equal(server.calls.length, 1);
  await access.ask(ANN, asks("publish"));
  assert.equal(server.calls.length, 2);
});

Deno.test("http access: a superuser may do everything, others are asked about", async () => {
  const paths: string[] = [];
  await using server = new WebServer(({ path, body }: WebCall) => {
    paths.push(path);
    const { username } = JSON.parse(body);
    return json({ ok: path === "/super" && username === "root" })();
  });
  const { access } = accessTo(server, {
    url: `${server.url}/acl`,
    superuserUrl: `${server.url}/super`,
    preset: goAuthPreset,
  });
  const root = { ...ANN, username: "root" };
  assert.equal(await access.ask(root, asks("publish")), "allow");
  assert.equal(await access.ask(ANN, asks("publish")), "deny");
  const nobody = { ...ANN, username: null };
  assert.equal(await access.ask(nobody, asks("publish")), "deny");
  assert.deepEqual(paths, ["/super", "/super", "/acl", "/acl"]);
});

interface Case {
  readonly what: string;
  readonly answers: readonly [first: () => Response, second: () => Response];
  readonly onError: "deny" | "ignore";
  readonly allowed: boolean;
  /** How many servers were asked. */
  readonly asked: number;
}

const [yes, no, pass] = ["allow", "deny", "ignore"].map((result) =>
  json({ result })
);
const down = json({}, 500);

const CASES: readonly Case[] = [
  { what: "yes", answers: [yes, no], onError: "deny", allowed: true, asked: 1 },
  { what: "no", answers: [no, yes], onError: "deny", allowed: false, asked: 1 },
  {
    what: "others may know",
    answers: [pass, yes],
    onError: "deny",
    allowed: true,
    asked: 2,
  },
  {
    what: "nobody knows",
    answers: [pass, pass],
    onError: "deny",
    allowed: false,
    asked: 2,
  },
  {
    what: "an outage",
    answers: [down, yes],
    onError: "deny",
    allowed: false,
    asked: 1,
  },
  {
    what: "an outage to be left out",
    answers: [down, yes],
    onError: "ignore",
    allowed: true,
    asked: 2,
  },
  {
    what: "outages to be left out",
    answers: [down, down],
    onError: "ignore",
    allowed: false,
    asked: 2,
  },
];

for (const { what, answers, onError, allowed, asked } of CASES) {
  Deno.test(`http access: of two servers, ${what}`, async () => {
    await using first = new WebServer(answers[0]);
    await using second = new WebServer(answers[1]);
    const servers = [first, second].map((server) => ({
      server: accessTo(server).access,
      onError,
    }));
    const chain = chainOf(...servers);
    assert.equal(await chain.ask(ANN, asks("publish")), allowed);
    assert.equal(first.calls.length + second.calls.length, asked);
  });
}

Deno.test("http access: a denial has the reason of the server that denied, also when nothing is cached", async () => {
  const said = (result: string, reason: string) => json({ result, reason });
  let first = said("ignore", "not mine");
  let second = said("deny", "ann is\nblocked");
  await using one = new WebServer(() => first());
  await using two = new WebServer(() => second());
  const servers = [one, two].map((server) => accessTo(server, { cache: 0 }));
  const chain = chainOf(
    { server: servers[0].access, onError: "ignore" },
    { server: servers[1].access, onError: "deny" },
  );
  const question = asks("publish");
  const asked = async () => {
    assert.equal(await chain.ask(ANN, question), false);
    return chain.denial(ANN, question);
  };
  assert.equal(chain.denial(ANN, question), null);
  assert.equal(await asked(), `denied by ${two.url}/acl: ann is\nblocked`);
  assert.equal(chain.denial(ANN, asks("subscribe")), null);
  second = said("ignore", "not mine, either");
  const open = `${two.url}/acl does not decide: not mine, either`;
  assert.equal(await asked(), open);
  second = json({}, 500);
  assert.equal(await asked(), `${two.url}/acl fails: the server answered 500`);
  first = json({}, 500);
  second = said("deny", "second");
  assert.equal(await asked(), `denied by ${two.url}/acl: second`);
  first = said("deny", "first");
  assert.equal(await asked(), `denied by ${one.url}/acl: first`);
});

Deno.test("http access: the reasons of denials have a bound", async () => {
  await using server = new WebServer(json({ result: "deny", reason: "no" }));
  const { access } = accessTo(server, { cache: 0 });
  const ask = async (topic: string) => {
    await access.ask(ANN, asks("publish", topic));
    return access.denial(ANN, asks("publish", topic));
  };
  assert.notEqual(await ask("first"), null);
  for (let i = 0; i < 1000; i++) await ask(`${i}`);
  assert.equal(access.denial(ANN, asks("publish", "first")), null);
  assert.notEqual(access.denial(ANN, asks("publish", "999")), null);
});
