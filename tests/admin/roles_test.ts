import assert from "node:assert/strict";
import { type AdminCaller, adminTest } from "./admin_broker.ts";

/** An operation of the OpenAPI document. */
interface Operation {
  readonly method: string;
  readonly path: string;
  readonly role: string;
}

async function operationsOf(caller: AdminCaller): Promise<Operation[]> {
  const { json } = await caller.send("api/openapi.json");
  return Object.entries(json.paths as Record<string, object>)
    .flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        method: method.toUpperCase(),
        path: `api/v1${path.replace(/\{\w+\}/g, "aaaaaaaa")}`,
        role: (operation as Record<string, string>)["x-role"],
      }))
    );
}

adminTest(
  "roles: of all routes, anonymous callers get 401, and viewers 403 for every change",
  async (broker, t) => {
    const viewer = await broker.program("viewer");
    const operations = await operationsOf(viewer);
    assert.ok(operations.length >= 9);
    for (const { method, path, role } of operations) {
      await t.step(`${method} ${path}`, async () => {
        const body = method === "GET" ? undefined : {};
        const statusOf = async (caller: AdminCaller) => // Headers alone: an event stream has no end.
        (await caller.status(path, { method, body }));
        const isOpen = role === "everyone";
        const anonymous = await statusOf(broker.anyone);
        if (isOpen) assert.equal(anonymous, 400);
        else assert.equal(anonymous, 401);
        const wrong = broker.anyone.with({
          authorization: "Bearer dunlin_x_y",
        });
        if (!isOpen) assert.equal(await statusOf(wrong), 401);
        if (role === "admin") assert.equal(await statusOf(viewer), 403);
        // A viewer changes nothing but its own session.
        const isOwn = path === "api/v1/session";
        if (method !== "GET" && !isOwn) assert.equal(role, "admin");
      });
    }
  },
);

adminTest(
  "roles: a change by cookie needs the secret of the session",
  async (broker) => {
    const admin = await broker.logIn();
    const operations = await operationsOf(admin);
    for (const { method, path, role } of operations) {
      if (method === "GET" || role === "everyone") continue;
      for (const secret of ["", "wrong"]) {
        const caller = admin.with({ "x-csrf-token": secret });
        const { status, json } = await caller.send(path, { method, body: {} });
        assert.equal(status, 403, `${method} ${path}`);
        assert.equal(json.code, "csrf-token-missing");
      }
      const other = admin.with({ "sec-fetch-site": "cross-site" });
      const { status, json } = await other.send(path, { method, body: {} });
      assert.equal(status, 403, `${method} ${path}`);
      assert.equal(json.code, "cross-site-request");
    }
  },
);
