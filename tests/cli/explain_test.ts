import assert from "node:assert/strict";
import { explain } from "../../src/cli/explain/explain.ts";
import { liveText } from "../../src/cli/explain/explain_live.ts";
import type { ExplainOptions } from "../../src/cli/explain/explain_options.ts";

const CONFIG = `[[listener]]
name = "main"
allow_anonymous = true
max_qos = 1
[[listener]]
name = "north"
port = 0
mount_point = "north/"
allow_anonymous = false
[[auth]]
type = "users"
[[user]]
name = "alice"
password = "wonder"
groups = "family"
[[acl]]
group = "family"
topic = "house/#"
[[acl]]
topic = "house/safe"
permission = "deny"
[[acl]]
topic = "north/#"
action = "publish"
`;

type Asked = Partial<ExplainOptions> & { readonly pass?: string };

/** Runs `dunlin explain` on that configuration, unless another is said. */
async function ask(
  { pass, ...options }: Asked,
  config = CONFIG,
): Promise<{ code: number; out: string; err: string; file: string }> {
  const folder = await Deno.makeTempDir({ prefix: "dunlin-explain-" });
  const file = `${folder}/d.toml`;
  try {
    await Deno.writeTextFile(file, config);
    if (pass !== undefined) await Deno.writeTextFile(`${folder}/p`, pass);
    let [out, err] = ["", ""];
    const code = await explain(
      {
        ...{ config: file, client: "c", topic: "house/door", qos: "0" },
        address: "127.0.0.1",
        passwordFile: pass === undefined ? undefined : `${folder}/p`,
        ...options,
      },
      {},
      { out: (text) => out += text, err: (text) => err += text },
    );
    return { code, out: out.replaceAll(file, "d.toml"), err, file };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Answers in JSON: what the login and each action come to. */
async function answers(asked: Asked, config?: string): Promise<unknown[]> {
  const { code, out, err } = await ask({ ...asked, json: true }, config);
  assert.deepEqual([code, err], [0, ""]);
  const { login, actions } = JSON.parse(out);
  return [
    login.allowed,
    ...actions.map((one: { allowed: boolean }) => one.allowed),
  ];
}

Deno.test("explain: the chain and the rules in order, and which decided where", async () => {
  const { code, out } = await ask({
    user: "alice",
    pass: "wonder\n",
    publish: true,
  });
  assert.equal(code, 0);
  assert.deepEqual(out.split("\n"), [
    "c (alice) at listener main: accepted",
    "  1. users: accepts the client",
    "  users accepts the client",
    "publish house/door, QoS 0: allowed",
    "  1. d.toml:16: allow all house/# to group family: decides",
    "  allowed by d.toml:16",
    "",
  ]);
});

const cases: readonly (readonly [string, Asked, unknown[]])[] = [
  ["all of it", { user: "alice", pass: "wonder" }, [true, true, true, true]],
  ["a wrong password", { user: "alice", pass: "x", publish: true }, [
    false,
    true,
  ]],
  ["no password", { user: "alice", publish: true }, [null, true]],
  ["a user nobody knows", { user: "eve", pass: "x", publish: true }, [
    false,
    false,
  ]],
  ["nobody's client", { publish: true }, [true, false]],
  ["nobody's client elsewhere", { publish: true, listener: "north" }, [
    false,
    true,
  ]],
  ["a filter: no message has it", { subscribe: true, topic: "house/#" }, [
    true,
    false,
  ]],
  ["a share", {
    user: "alice",
    subscribe: true,
    topic: "$share/g/house/+",
  }, [null, true]],
  ["the broker's topics", { publish: true, topic: "$SYS/x" }, [true, false]],
  ["more than the listener takes", {
    user: "alice",
    publish: true,
    qos: "2",
  }, [null, false]],
  ["a topic that is none", { user: "alice", publish: true, topic: "a/#" }, [
    null,
    false,
  ]],
];

for (const [name, asked, expected] of cases) {
  Deno.test(`explain: ${name}`, async () => {
    assert.deepEqual(await answers(asked), expected);
  });
}

Deno.test("explain: with client_id username the user name is the client id", async () => {
  const config = `[[listener]]
client_id = "username"
[[acl]]
client_id = "ann"
topic = "t"
`;
  const asked = { topic: "t", publish: true };
  assert.deepEqual(await answers({ ...asked, user: "ann" }, config), [
    true,
    true,
  ]);
  assert.deepEqual(await answers({ ...asked, client: "ann" }, config), [
    false,
    true,
  ]);
  assert.deepEqual(await answers({ ...asked, user: "bob" }, config), [
    true,
    false,
  ]);
});

Deno.test("explain: without rules and users everything is allowed", async () => {
  assert.deepEqual(await answers({ user: "x" }, ""), [true, true, true, true]);
});

Deno.test("explain: rules are asked about the topic with its mount point", async () => {
  const { out } = await ask({
    listener: "north",
    topic: "a",
    publish: true,
    json: true,
  });
  const [action] = JSON.parse(out).actions;
  assert.deepEqual([action.topic, action.allowed], ["north/a", true]);
});

Deno.test("explain: what cannot be answered says why, exit 1", async () => {
  const unknown = await ask({ listener: "no" });
  assert.deepEqual([unknown.code, unknown.out], [1, ""]);
  assert.equal(
    unknown.err,
    "there is no listener no: give one of main, north\n",
  );
  const broken = await ask({}, "[limts]\n");
  assert.equal(broken.code, 1);
  assert.match(broken.err, /d\.toml:1:2: limts/);
  const missing = await ask({}, `[access]\nacl_file = "/no/acl"\n`);
  assert.equal(missing.code, 1);
  assert.match(missing.err, /\/no\/acl: cannot be read: there is no such file/);
});

Deno.test("explain: names from elsewhere cannot steer the terminal or add a line", async () => {
  const { out } = await ask({ client: "a\x1b[2Jb\u2028c", user: "x\ny" });
  assert.match(out, /^a\?\[2Jb\?c \(x\?y\) at listener/);
  const live = liveText({
    client: "a\x9b2Jb",
    username: null,
    state: "attached",
    matching: ["t/\x1b[31m (QoS 0)"],
    findings: [],
    drops: [],
    actions: [],
  });
  assert.equal(
    live,
    "a?2Jb: connected\n  subscribed: t/?[31m (QoS 0)\n  no reason found: such messages reach the client\n",
  );
});
