import assert from "node:assert/strict";
import {
  completeSettings,
  describeChange,
  differenceOf,
  type PartialSettings,
  type SettingChange,
  withoutRestart,
} from "../../src/config/mod.ts";

function changes(
  from: PartialSettings,
  to: PartialSettings,
): SettingChange[] {
  return differenceOf(completeSettings(from), completeSettings(to));
}

function lines(from: PartialSettings, to: PartialSettings): string[] {
  return changes(from, to).map(describeChange);
}

Deno.test("difference: the same settings, read twice, do not differ", () => {
  const one: PartialSettings = {
    listener: [{ allowed_networks: ["10.0.0.0/8"] }, { port: 1884 }],
    acl: [{ user: ["bob"], topic: ["a/#"] }],
    auth: [{ type: "users" }],
    user: [{ name: "bob", password: "x" }],
    storage: { rule: [{ filter: "t/#", mode: "memory" }] },
  };
  assert.deepEqual(changes(one, structuredClone(one)), []);
});

Deno.test("difference: a setting is told with its values and when it counts", () => {
  assert.deepEqual(
    lines({ limits: { max_inflight: 5 }, storage: { mode: "buffered" } }, {
      limits: { max_inflight: 6 },
      session: { max_expiry: 60 },
      storage: { mode: "durable", max_size: 1024 * 1024 },
    }),
    [
      "~ limits.max_inflight: 5 -> 6",
      '~ session.max_expiry: "never" -> "1m" (for each client when it connects again)',
      '~ storage.mode: "buffered" -> "durable" (needs a restart)',
      '~ storage.max_size: 0 -> "1 MiB"',
    ],
  );
});

Deno.test("difference: listeners are known by their address, not their name", () => {
  const from = { listener: [{}, { port: 1884 }, { port: 1885 }] };
  // The first is gone: those that have no name of their own get another one.
  const to = { listener: [{ port: 1884 }, { port: 1886, name: "new" }] };
  assert.deepEqual(lines(from, to), [
    '~ listener tcp.name: "tcp-2" -> "tcp" (for each client when it connects again)',
    '+ listener new: { name = "new", port = 1886 }',
    '- listener tcp: { name = "tcp" }',
    '- listener tcp-3: { name = "tcp-3", port = 1885 }',
  ]);
  // Of ports that the system chooses, the name alone tells which is which.
  const free = (...names: string[]) => ({
    listener: names.map((name) => ({ name, port: 0 })),
  });
  assert.deepEqual(lines(free("a", "b"), free("b", "a")), []);
  assert.equal(lines(free("a"), free("b")).length, 2);
});

Deno.test("difference: what speaks another way at an address is another listener", () => {
  const from = { listener: [{ name: "one" }] };
  const to = { listener: [{ name: "one", type: "tls", port: 1883 } as const] };
  assert.deepEqual(lines(from, to).map((line) => line.slice(0, 14)), [
    "+ listener one",
    "- listener one",
  ]);
});

Deno.test("difference: what listeners inherit is told once, where it is said", () => {
  const agreed = " (for each client when it connects again)";
  assert.deepEqual(
    lines({ limits: { receive_maximum: 5 } }, {
      limits: { receive_maximum: 6 },
    }),
    [`~ limits.receive_maximum: 5 -> 6${agreed}`],
  );
  assert.deepEqual(
    lines({}, { listener: [{ receive_maximum: 7, max_connections: 3 }] }),
    [
      "~ listener tcp.max_connections: 0 -> 3",
      `~ listener tcp.receive_maximum: 1000 -> 7${agreed}`,
    ],
  );
});

Deno.test("difference: users and groups by name, rules and links by order", () => {
  const rule = (topic: string) => ({ topic: [topic] });
  assert.deepEqual(
    lines({
      user: [{ name: "ann", password: "one" }, { name: "bob", password: "b" }],
      group: [{ name: "g", members: ["ann"] }],
      acl: [rule("a"), rule("b"), rule("c")],
    }, {
      user: [{ name: "eve", password: "e" }, { name: "ann", password: "two" }],
      group: [{ name: "g", members: ["ann", "eve"] }],
      acl: [rule("a"), rule("x"), rule("c")],
    }),
    [
      '+ user eve: { name = "eve", password = "(hidden)" }',
      "~ user ann.password: another one",
      '- user bob: { name = "bob", password = "(hidden)" }',
      '~ group g.members: ["ann"] -> ["ann", "eve"]',
      '- acl 2: { topic = ["b"] }',
      '+ acl 2: { topic = ["x"] }',
    ],
  );
});

Deno.test("difference: where a rule stands is no part of it", () => {
  const settings = completeSettings({ acl: [{ topic: ["a"] }] });
  const acl = settings.acl.map((rule) => ({ ...rule, place: "x.toml:9" }));
  assert.deepEqual(differenceOf(settings, { ...settings, acl }), []);
});

Deno.test("difference: no secret is ever shown", () => {
  const secrets = ["s3cret-a", "s3cret-b"].map((password) => ({
    listener: [{ type: "tls", key_password: password } as const],
    user: [{ name: "u", password }],
    auth: [{ type: "jwt", key: password } as const],
  }));
  const all = [...lines({}, secrets[0]), ...lines(secrets[0], secrets[1])];
  assert.ok(all.length >= 6, all.join("\n"));
  assert.doesNotMatch(all.join("\n"), /s3cret/);
});

Deno.test("difference: a running broker goes on with what it can change", () => {
  const from = completeSettings({ storage: { mode: "memory", path: "/a" } });
  const to = completeSettings({
    storage: { mode: "durable", path: "/b", max_size: 2048 },
    limits: { max_inflight: 2 },
  });
  const kept = withoutRestart(from, to);
  assert.deepEqual(
    differenceOf(from, kept).map(({ path }) => path),
    ["limits.max_inflight", "storage.max_size"],
  );
  assert.deepEqual(
    differenceOf(kept, to).map(({ effect }) => effect),
    ["restart", "restart"],
  );
});
