import assert from "node:assert/strict";
import {
  adminPath,
  completeSettings,
  differenceOf,
  loadSettings,
  printSettings,
  SettingsError,
  withoutRestart,
} from "../../src/config/mod.ts";

function load(text: string, admin?: boolean) {
  const file = { name: "test.toml", text };
  return loadSettings({ file, shortcuts: { admin } });
}

Deno.test("admin settings: the table alone turns the page on, enabled = false off, and --admin on", async () => {
  assert.equal((await load("")).admin.enabled, false);
  assert.equal((await load("[admin]")).admin.enabled, true);
  assert.equal((await load("[admin]\nport = 1")).admin.enabled, true);
  const off = "[admin]\nenabled = false\nport = 8090";
  assert.equal((await load(off)).admin.enabled, false);
  const { admin } = await load(off, true);
  assert.deepEqual([admin.enabled, admin.port], [true, 8090]);
  assert.equal(
    (await loadSettings({ shortcuts: { admin: true } })).admin.enabled,
    true,
  );
  const set = await loadSettings({ sets: ["admin.port=8090"] });
  assert.equal(set.admin.enabled, true);
});

Deno.test("admin settings: printed settings keep the page off or on", async () => {
  for (const text of ["", "[admin]"]) {
    const settings = await load(text);
    assert.deepEqual(await load(printSettings(settings)), settings);
  }
});

Deno.test("admin settings: a listener at the same address is a mistake, at 0.0.0.0 too", async () => {
  for (
    const text of [
      `[[listener]]\nport = 8088\n[admin]`,
      `[[listener]]\nbind = "::"\nport = 8088\nallow_anonymous = true\n[admin]`,
      `[admin]\nbind = "0.0.0.0"\nport = 1883`,
    ]
  ) {
    await assert.rejects(load(text), (error) => {
      assert.ok(error instanceof SettingsError);
      assert.equal(error.problems[0].path, "admin.port");
      assert.match(error.problems[0].message, /the listener tcp already has/);
      return true;
    });
  }
  // Off, and at a port of its own.
  await load(`[[listener]]\nport = 8088\n[admin]\nenabled = false`);
  await load(`[[listener]]\nport = 8088\n[admin]\nport = 8089`);
});

Deno.test("admin settings: users are beside the store, in mode memory only in memory", () => {
  const environment = { HOME: "/home/ann" };
  const stored = completeSettings({ storage: { path: "/data" } });
  assert.equal(adminPath(stored, environment), "/data/admin.json");
  const memory = completeSettings({ storage: { mode: "memory" } });
  assert.equal(adminPath(memory, environment), null);
  const named = completeSettings({
    storage: { mode: "memory" },
    admin: { file: "/run/users.json" },
  });
  assert.equal(adminPath(named, environment), "/run/users.json");
});

Deno.test("admin settings: a reload changes all but the file of users", () => {
  const from = completeSettings({ admin: { port: 1 } });
  const to = completeSettings({ admin: { port: 2, file: "/x" } });
  assert.deepEqual(
    differenceOf(from, to).map(({ path, effect }) => [path, effect]),
    [["admin.port", "now"], ["admin.file", "restart"]],
  );
  assert.deepEqual(withoutRestart(from, to).admin, { ...to.admin, file: "" });
});

Deno.test("admin settings: a certificate needs its key, and tls", async () => {
  for (
    const [text, path, message] of [
      [`tls = true\ncert = "c.pem"`, "admin.cert", /it needs key/],
      [`tls = true\nkey = "k.pem"`, "admin.key", /it needs cert/],
      [`cert = "c.pem"\nkey = "k.pem"`, "admin.cert", /give tls = true/],
    ] as const
  ) {
    await assert.rejects(load(`[admin]\n${text}`), (error) => {
      assert.ok(error instanceof SettingsError);
      assert.equal(error.problems[0].path, path);
      assert.match(error.problems[0].message, message);
      return true;
    });
  }
  await load(`[admin]\ntls = true`);
  await load(`[admin]\ntls = true\ncert = "c.pem"\nkey = "k.pem"`);
});
