import assert from "node:assert/strict";
import {
  BrowserSessions,
  CredentialFile,
  Credentials,
} from "../../src/admin/credentials/mod.ts";
import { Logins } from "../../src/admin/server/callers/logins.ts";
import { EventHub } from "../../src/admin/server/event_hub.ts";
import { checkHost } from "../../src/admin/server/http/host_check.ts";
import { HttpServer } from "../../src/admin/server/http/http_server.ts";
import { TooManyRequests } from "../../src/admin/server/http/problem.ts";
import { readJson } from "../../src/admin/server/http/request_body.ts";
import { TooBusyError } from "../../src/security/passwords/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { settle } from "../support/settle.ts";
import { type AdminBroker, adminTest } from "./admin_broker.ts";

/** Sends bytes to the page as they are; returns the connection. */
async function sent(broker: AdminBroker, text: string): Promise<Deno.Conn> {
  const { port } = new URL(broker.url);
  const conn = await Deno.connect({ port: Number(port) });
  await conn.write(new TextEncoder().encode(text));
  return conn;
}

/** Returns the status of the answer that comes on `conn`, which it closes. */
async function statusOn(conn: Deno.Conn): Promise<number> {
  const text = await new Response(conn.readable).text();
  return Number(/^HTTP\/1\.1 (\d+)/.exec(text)![1]);
}

/** Returns the head of a request that closes its connection. */
function head(line: string, host: string, more = ""): string {
  return `${line} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n${more}\r\n`;
}

adminTest(
  "admin: HEAD of an event stream leaves no reader behind",
  async (broker) => {
    const admin = await broker.program("admin");
    for (const path of ["api/v1/events", "api/v1/logs"]) {
      for (let count = 0; count < 33; count++) {
        assert.equal(await admin.status(path, { method: "HEAD" }), 200);
      }
      assert.equal(await admin.status(path), 200);
    }
  },
);

adminTest("admin: bodies under way keep no request waiting", async (broker) => {
  const body = '{"link":"x"}';
  const type = "Content-Type: application/json\r\n";
  const length = `Content-Length: ${body.length}\r\n`;
  const start = head("POST /api/v1/session", "localhost", type + length);
  const conns: Deno.Conn[] = [];
  for (let count = 0; count < 80; count++) {
    conns.push(await sent(broker, start + body[0]));
  }
  assert.equal((await broker.anyone.send("health/live")).status, 200);
  await broker.logIn();
  for (const conn of conns) {
    await conn.write(new TextEncoder().encode(body.slice(1)));
    assert.ok([401, 429].includes(await statusOn(conn)));
  }
});

adminTest("admin: without a login a body has 16 KiB", async ({ anyone }) => {
  const password = "x".repeat(16 * 1024);
  const body = { user: "admin", password };
  const path = "api/v1/session";
  assert.equal((await anyone.send(path, { method: "POST", body })).status, 413);
});

Deno.test("admin: a body that is late is given up after 30 s", async () => {
  const clock = new ManualClock();
  const body = new ReadableStream({ start: (one) => one.enqueue(bytes("{")) });
  const request = new Request("http://x/", { method: "POST", body });
  const read = readJson(request, 100, clock);
  const refused = assert.rejects(read, { status: 408 });
  await settle();
  clock.advance(30_000);
  await refused;
});

Deno.test("admin: a client that leaves its body is no internal error", async () => {
  const body = new ReadableStream({
    pull: (one) => one.error(new Error("Cannot read request body")),
  });
  const request = new Request("http://x/", { method: "POST", body });
  const read = readJson(request, 100, new ManualClock());
  await assert.rejects(read, { status: 400, code: "body-incomplete" });
});

adminTest("admin: a Host that is none gets 400", async (broker) => {
  for (const host of ["localhost:99999", "127.0.0.1:70000"]) {
    const request = head("GET /health/live", host);
    assert.equal(await statusOn(await sent(broker, request)), 400, host);
  }
});

Deno.test("admin: in HTTP/2 the host is that of the address", () => {
  const check = (url: string) => checkHost(new Request(url), "127.0.0.1", []);
  check("https://localhost:8088/");
  check("http://[::1]:8088/");
  assert.throws(() => check("http://evil.example.com/"), { status: 421 });
});

adminTest(
  "admin: a page of another site reads no metrics, at any address",
  async (broker) => {
    await broker.test.advance(1000);
    const statusFor = async (host: string) =>
      await statusOn(await sent(broker, head("GET /metrics", host)));
    assert.equal(await statusFor("evil.example.com"), 421);
    assert.notEqual(await statusFor("127.0.0.1"), 421);
    assert.notEqual(await statusFor("mqtt.example.org"), 421);
  },
  { admin: { bind: "0.0.0.0", host_names: ["mqtt.example.org"] } },
);

adminTest("admin: to look at a link does not use it up", async (broker) => {
  const path = `login?link=${broker.first.link}`;
  assert.equal(await broker.anyone.status(path, { method: "HEAD" }), 200);
  assert.equal(await broker.anyone.status(path), 303);
});

Deno.test("admin: a server that fails is opened again", async () => {
  const clock = new ManualClock();
  const failing: ((error: Error) => void)[] = [];
  const asked: number[] = [];
  let isFull = false;
  const failures: string[] = [];
  const address = { bind: "127.0.0.1", port: 0, tls: null };
  const server = new HttpServer(
    clock,
    () => Promise.resolve(new Response()),
    () => {},
    ({ message }) => failures.push(message),
    (options) => {
      asked.push(options.port!);
      if (isFull) throw new Error("too many open files");
      const { promise, reject } = Promise.withResolvers<void>();
      failing.push(reject);
      const addr = { transport: "tcp", hostname: "127.0.0.1", port: 4711 };
      const shutdown = () => Promise.resolve();
      return {
        addr,
        finished: promise,
        shutdown,
      } as unknown as Deno.HttpServer<Deno.NetAddr>;
    },
  );
  await server.listen(address);
  failing[0](new Error("too many open files"));
  await settle();
  isFull = true;
  clock.advance(1000);
  isFull = false;
  clock.advance(1000);
  // At the port that was found: users know it.
  assert.deepEqual(asked, [0, 4711, 4711]);
  failing[1](new Error("again"));
  await settle();
  clock.advance(1000);
  assert.equal(asked.length, 4);
  assert.deepEqual(failures, ["too many open files"]);
  // The same address is still the one in force.
  await server.listen(address);
  assert.equal(asked.length, 4);
});

Deno.test("admin: rights that cannot be read end a stream", async () => {
  const hub = new EventHub(() => {});
  hub.open(new Set(["figures"]), () => Promise.reject(new Error("no")), []);
  await hub.judge();
  assert.equal(hub.size, 0);
});

Deno.test("log-in: too many at once get 429, and no attempt counts", async () => {
  const clock = new ManualClock();
  const user = { name: "admin", role: "admin", password: "" } as const;
  let isBusy = true;
  const credentials = new Credentials(new CredentialFile(null, clock), clock);
  credentials.byPassword = () =>
    isBusy ? Promise.reject(new TooBusyError("full")) : Promise.resolve(user);
  const logins = new Logins({
    ...{ credentials, clock, isTls: () => false },
    sessions: new BrowserSessions(clock),
    cookieName: () => "dunlin_1",
  });
  const request = new Request("http://localhost/");
  const logIn = () => logins.byPassword("admin", "x", "192.0.2.1", request);
  for (let count = 0; count < 60; count++) {
    await assert.rejects(logIn(), TooManyRequests);
  }
  isBusy = false;
  assert.equal((await logIn()).user, user);
});

Deno.test("admin: a file that cannot be written is said so", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/admin.json`;
  await Deno.mkdir(`${path}.lock`);
  const clock = new ManualClock();
  const credentials = new Credentials(new CredentialFile(path, clock), clock);
  await assert.rejects(
    credentials.createToken("x", "viewer", null),
    (error: Error) =>
      error.name === "AdminFileError" &&
      error.message.startsWith(`${path}: cannot be written: `),
  );
  await Deno.remove(folder, { recursive: true });
});

Deno.test("admin: a file behind a link is changed there", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/admin.json`;
  const clock = new ManualClock();
  const open = (path: string) =>
    new Credentials(new CredentialFile(path, clock), clock);
  await open(`${folder}/real.json`).createToken("one", "viewer", null);
  await Deno.symlink("real.json", path);
  await open(path).createToken("two", "viewer", null);
  assert.ok((await Deno.lstat(path)).isSymlink);
  const { tokens } = await open(`${folder}/real.json`).state();
  assert.deepEqual(tokens.map(({ name }) => name), ["one", "two"]);
  await Deno.remove(folder, { recursive: true });
});

adminTest("admin: a payload that is no Unicode is refused", async (broker) => {
  const admin = await broker.program("admin");
  const { status, json } = await admin.send("api/v1/publish", {
    method: "POST",
    body: { topic: "t", payload: "a\ud800" },
  });
  assert.deepEqual([status, json.code], [400, "payload-invalid"]);
});

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
