import assert from "node:assert/strict";
import { AdminBroker, type AdminCaller } from "../admin/admin_broker.ts";
import { Random } from "../support/random.ts";
import { until } from "../support/wait.ts";
import { type Schema, textFor, valueFor } from "./admin_values.ts";

const REQUESTS = Number(Deno.env.get("DUNLIN_FUZZ_REQUESTS") ?? 300);

const SEED = Number(
  Deno.env.get("DUNLIN_FUZZ_SEED") ??
    crypto.getRandomValues(new Uint32Array(1))[0],
);

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly role: string;
  readonly query: readonly string[];
  readonly body: Schema | undefined;
}

async function operationsOf(caller: AdminCaller): Promise<Operation[]> {
  const { json } = await caller.send("api/openapi.json");
  const paths = json.paths as Record<string, Record<string, Schema>>;
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path,
      role: operation["x-role"],
      query: (operation.parameters ?? [])
        .filter((one: Schema) => one.in === "query")
        .map((one: Schema) => one.name),
      body: operation.requestBody?.content["application/json"].schema,
    }))
  );
}

/** A request to `operation`, sound or not. */
function requestFor(operation: Operation, random: Random) {
  const { method, query, body } = operation;
  let path = `api/v1${operation.path}`.replace(
    /\{\w+\}/g,
    () =>
      random.chance(0.5)
        ? "abcdefgh"
        : encodeURIComponent(textFor(random).toWellFormed()),
  );
  if (random.chance(0.3)) {
    const name = random.pick([...query, "x"]);
    path += `?${name}=${encodeURIComponent(textFor(random).toWellFormed())}`;
  }
  const headers: Record<string, string> = {};
  if (random.chance(0.1)) {
    const name = random.pick(["x-forwarded-for", "cookie", "sec-fetch-site"]);
    headers[name] = textFor(random).replace(/[^ -~]/g, "?").trim();
  }
  if (method === "GET") return { path, headers };
  if (random.chance(0.05)) {
    return { path, headers, method, raw: textFor(random) };
  }
  const value = body === undefined ? undefined : valueFor(body, random);
  return { path, headers, method, body: value };
}

Deno.test(`admin fuzz: ${REQUESTS} requests made of the schemas bring no error of the broker, and no right that a role lacks (DUNLIN_FUZZ_SEED=${SEED})`, async () => {
  const broker = await AdminBroker.start();
  try {
    const random = new Random(SEED);
    const admin = await broker.program("admin");
    const viewer = await broker.program("viewer");
    const operations = await operationsOf(admin);
    const counts = new Map<number, number>();
    for (let at = 0; at < REQUESTS; at++) {
      const operation = random.pick(operations);
      const { path, ...request } = requestFor(operation, random);
      const which = random.below(10);
      const [caller, name] = which < 8
        ? [admin, "admin"]
        : which === 8
        ? [viewer, "viewer"]
        : [broker.anyone, "none"];
      const response = await caller.fetch(path, request);
      const { status, headers, body } = response;
      const about = `seed ${SEED}, request ${at}: ${operation.method} ` +
        `${operation.path} by ${name}: ${status}`;
      counts.set(status, (counts.get(status) ?? 0) + 1);
      assert.ok(status < 500 || status === 503 || status === 507, about);
      if (operation.role !== "everyone") {
        if (name === "none") assert.equal(status, 401, about);
        if (name === "viewer" && operation.role === "admin") {
          // A path of another route is none of this one's.
          assert.ok([403, 404, 405].includes(status), about);
        }
      }
      assert.equal(headers.get("x-content-type-options"), "nosniff", about);
      if (operation.path !== "/session") {
        assert.equal(headers.get("set-cookie"), null, about);
      }
      await body?.cancel();
    }
    // The requests reach the handlers, too.
    assert.ok((counts.get(200) ?? 0) > 0, JSON.stringify([...counts]));
    assert.ok((counts.get(400) ?? 0) > 0, JSON.stringify([...counts]));
    // Its clock stood still.
    await broker.test.advance(1000);
    await until(
      "the broker is alive",
      async () => (await broker.anyone.send("health/live")).status === 200,
    );
    const failed = broker.test.events.filter(([, event]) => event === "failed");
    assert.deepEqual(failed, []);
  } finally {
    await broker.stop();
  }
});
