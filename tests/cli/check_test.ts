import assert from "node:assert/strict";
import { check, type CheckOptions } from "../../src/cli/check.ts";
import { Workshop } from "../support/workshop.ts";
import { completeSettings, loadSettings } from "../../src/config/mod.ts";

/** Runs `dunlin check` on a file of that text, if any. */
async function run(
  text: string | undefined,
  options: CheckOptions = {},
  environment: Record<string, string> = {},
): Promise<{ code: number; out: string; err: string; file: string }> {
  const file = await Deno.makeTempFile({ suffix: ".toml" });
  try {
    if (text !== undefined) await Deno.writeTextFile(file, text);
    const named = text === undefined ? {} : { config: file };
    let out = "";
    let err = "";
    const code = await check({ ...named, ...options }, environment, {
      out: (chunk) => out += chunk,
      err: (chunk) => err += chunk,
    });
    return { code, out, err, file };
  } finally {
    await Deno.remove(file);
  }
}

Deno.test("check: a file without mistakes, exit 0", async () => {
  const { code, out, err, file } = await run("[limits]\nmax_inflight = 1");
  assert.deepEqual([code, err], [0, ""]);
  assert.equal(out, `${file}: no mistakes, 1 listener\n`);
});

Deno.test("check: every mistake on a line of its own, exit 1", async () => {
  const { code, out, err, file } = await run("[limts]\na=1\n[log]\nlevel=1");
  assert.deepEqual([code, out], [1, ""]);
  const lines = err.trimEnd().split("\n");
  assert.equal(lines.length, 2);
  assert.ok(lines[0].startsWith(`${file}:1:2: limts: `), lines[0]);
  assert.ok(lines[1].startsWith(`${file}:4:7: log.level: `), lines[1]);
});

Deno.test("check: --json tells the same to programs", async () => {
  const { code, out } = await run("[limts]\n", { json: true });
  assert.equal(code, 1);
  const { ok, problems: [problem] } = JSON.parse(out);
  assert.equal(ok, false);
  assert.deepEqual([problem.line, problem.column, problem.path], [
    1,
    2,
    "limts",
  ]);
  const good = await run("", { json: true, print: true });
  assert.equal(good.code, 0);
  assert.equal(JSON.parse(good.out).settings.listener[0].port, 1883);
});

Deno.test("check: --print shows no secret, in whichever form", async () => {
  await using shop = await Workshop.open();
  const authority = await shop.authority("ca");
  const { cert, key } = await authority.issue("localhost");
  const config = `
[[listener]]
type = "tls"
cert = "${cert}"
key = "${key}"
key_password = "hunter2"

[[listener.certificate]]
cert = "${cert}"
key = "${key}"
key_password = "hunter2"

[[auth]]
type = "http"
url = "https://users.example/"
authorization = "Bearer hunter2"
`;
  for (const json of [false, true]) {
    const { code, out } = await run(config, { json, print: true });
    assert.equal(code, 0, out);
    assert.doesNotMatch(out, /hunter2/);
    assert.equal(out.split("(hidden)").length - 1, 3);
  }
});

Deno.test("check: --print shows what comes of all sources", async () => {
  const { code, out } = await run("[limits]\nmax_inflight = 1", {
    print: true,
    set: ["log.level=warn"],
    port: "99",
  }, { DUNLIN_SYS__INTERVAL: "1m" });
  assert.equal(code, 0);
  const file = { name: "printed", text: out };
  const expected = completeSettings({
    listener: [{ port: 99 }],
    limits: { max_inflight: 1 },
    log: { level: "warn" },
    sys: { interval: 60_000 },
  });
  assert.deepEqual(await loadSettings({ file }), expected);
});

Deno.test("check: DUNLIN_CONFIG names the file; an argument goes before it", async () => {
  const environment = { DUNLIN_CONFIG: "/no/such/file.toml" };
  const missing = await run(undefined, {}, environment);
  assert.equal(missing.code, 1);
  assert.match(missing.err, /^\/no\/such\/file\.toml: there is no such/);
  assert.equal((await run("", {}, environment)).code, 0);
  assert.equal((await run(undefined, {}, { DUNLIN_CONFIG: "" })).code, 0);
});

Deno.test("check: a mistake among the options alone, exit 2", async () => {
  for (
    const options of [
      { port: "abc" },
      { logLevel: "loud" },
      { set: ["foo"] },
      { set: ["limits.max_inflihgt=3"] },
    ]
  ) assert.equal((await run("", options)).code, 2, JSON.stringify(options));
  assert.equal((await run("a = 1", { port: "abc" })).code, 1);
  assert.equal((await run("", {}, { DUNLIN_LOG__LEVEL: "loud" })).code, 1);
});

Deno.test("check: --diff shows what would change for a broker in use", async () => {
  const used = await Deno.makeTempFile({ suffix: ".toml" });
  try {
    await Deno.writeTextFile(used, "[limits]\nmax_inflight = 1");
    const text = '[storage]\nmode = "durable"\n[limits]\nmax_inflight = 2';
    const { code, out } = await run(text, { diff: used });
    assert.equal(code, 0);
    assert.deepEqual(out.trimEnd().split("\n"), [
      "~ limits.max_inflight: 1 -> 2",
      '~ storage.mode: "buffered" -> "durable" (needs a restart)',
    ]);
    const told = JSON.parse((await run(text, { diff: used, json: true })).out);
    assert.equal(told.needsRestart, true);
    assert.deepEqual(told.changes[0], {
      path: "limits.max_inflight",
      from: "1",
      to: "2",
      effect: "now",
    });
    const same = await run("limits.max_inflight = 1", { diff: used });
    assert.equal(same.out, "nothing would change\n");
    await Deno.writeTextFile(used, "a = 1");
    const broken = await run(text, { diff: used });
    assert.equal(broken.code, 1);
    assert.ok(broken.err.startsWith(`${used}:1:1: a: `), broken.err);
  } finally {
    await Deno.remove(used);
  }
});

Deno.test("check: files that access names are read as a start reads them", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const at = (name: string) => `${folder}/${name}`;
    await Deno.writeTextFile(at("passwd"), "# ours\nann:nonsense\n");
    await Deno.writeTextFile(at("keys"), "{}");
    await Deno.writeTextFile(at("acl"), "topic a\ntopc b\nuser\n");
    const text = `
[[auth]]
type = "password-file"
file = "${at("passwd")}"
[[auth]]
type = "scram"
[[auth]]
type = "jwt"
jwks_file = "${at("keys")}"
[[user]]
name = "uta"
password = "$6$cut"
[access]
acl_file = ["${at("acl")}", "${at("missing")}"]
`;
    const { code, out, err, file } = await run(text);
    assert.deepEqual([code, out], [1, ""]);
    const told = err.trimEnd().split("\n");
    for (const line of told) assert.ok(line.startsWith(`${file}:`), line);
    const wanted = [
      /auth\.0: .*passwd:2: the hash of ann cannot be used/,
      /auth\.1: .*uta: the hash in password cannot be used/,
      /auth\.2: .*keys is not a JWKS/,
      /access\.acl_file: .*acl:2: "topc" is not known/,
      /access\.acl_file: .*acl:3: user needs a name/,
      /access\.acl_file: .*missing: .*no such file/,
    ];
    assert.equal(told.length, wanted.length, err);
    for (const [at, one] of wanted.entries()) assert.match(told[at], one);
    const { problems } = JSON.parse((await run(text, { json: true })).out);
    assert.equal(problems.length, wanted.length);
    assert.equal(problems[0].path, "auth.0");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("check: files that are named and cannot be read are told where they are named", async () => {
  await using shop = await Workshop.open();
  const authority = await shop.authority("ca");
  const own = await authority.issue("localhost");
  const other = await authority.issue("other");
  const config = `
[[listener]]
type = "tls"
cert = "/no/such.crt"
key = "${own.key}"
client_certificates = "required"
ca = ["${own.cert}", "/no/ca.crt"]

[[listener.certificate]]
cert = "${own.cert}"
key = "${other.key}"

[[auth]]
type = "password-file"
file = "/no/passwd"

[access]
acl_file = "/no/acl"
`;
  const { code, err, file } = await run(config);
  assert.equal(code, 1);
  const lines = err.trimEnd().split("\n");
  const expected = [
    `${file}:4:8: listener.0.cert: /no/such.crt does not exist`,
    `${file}:7:6: listener.0.ca: /no/ca.crt does not exist`,
    `${file}:10:8: listener.0.certificate.0.cert: `,
    `${file}:13:1: auth.0: `,
    `${file}:18:12: access.acl_file: /no/acl: `,
  ];
  assert.equal(lines.length, expected.length, err);
  expected.forEach((start, at) =>
    assert.ok(lines[at].startsWith(start), lines[at])
  );
  assert.match(lines[2], /key/);
});

Deno.test("check: a certificate, authority or revocation list that is not of today is a warning", async () => {
  await using shop = await Workshop.open();
  const authority = await shop.authority("ca");
  const old = await authority.issue("old", { from: -9, to: -2 });
  const early = await authority.issue("early", { from: 2, to: 90 });
  const soon = await authority.issue("soon", { to: 5 });
  const gone = await shop.authority("gone");
  const below = await gone.issue("below", {
    ...{ from: -9, to: -2 },
    extensions: ["basicConstraints=critical,CA:TRUE"],
  });
  const crl = shop.path("ca.crl");
  await authority.list(crl, -1);
  const pairs = [early, soon].map(({ cert, key }) =>
    `[[listener.certificate]]\ncert = "${cert}"\nkey = "${key}"\n`
  );
  const config = `[[listener]]
type = "tls"
cert = "${old.cert}"
key = "${old.key}"
client_certificates = "required"
ca = ["${authority.files.cert}", "${below.cert}"]
crl = "${crl}"
${pairs.join("")}`;
  const { code, out, err, file } = await run(config);
  assert.equal(code, 0, err);
  assert.equal(out, `${file}: no mistakes, 1 listener, 5 warnings\n`);
  const lines = err.trimEnd().split("\n");
  const expected = [
    /:9:8: listener\.0\.certificate\.0\.cert: warning: .*CN=early begins on .*: set its date, or renew/,
    /:12:8: listener\.0\.certificate\.1\.cert: warning: .*CN=soon ends within 7 days.*: renew it$/,
    /:3:8: listener\.0\.cert: warning: the certificate CN=old ended on .*: renew it$/,
    /:6:6: listener\.0\.ca: warning: the authority CN=below in .* ended on .*: renew it$/,
    /:7:7: listener\.0\.crl: warning: the revocation list .* has expired: fetch a new one/,
  ];
  for (const line of expected) {
    assert.ok(lines.some((one) => one.startsWith(file) && line.test(one)), err);
  }
  assert.equal(lines.length, expected.length);
  const { ok, warnings } = JSON.parse((await run(config, { json: true })).out);
  assert.deepEqual([ok, warnings.length], [true, expected.length]);
});

Deno.test("check: a level of a rule that only looks like a placeholder is a warning, in a file of Mosquitto too", async () => {
  const acl = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(
      acl,
      "topic read a/%x\npattern read a/%c/%d\npattern read %u/5%\n",
    );
    const config = '[[acl]]\ntopic = ["a/%u/#", "b/%U/50%"]\n' +
      `[[acl]]\nfile = "${acl}"\n`;
    const { code, out, err, file } = await run(config);
    assert.equal(code, 0, err);
    assert.equal(out, `${file}: no mistakes, 1 listener, 2 warnings\n`);
    const [one, two] = err.split("\n");
    assert.ok(one.startsWith(`${file}:2:9: acl.0.topic: warning: %U in`), one);
    assert.match(one, /"b\/%U\/50%" is not a placeholder: .*%u .*%c /);
    assert.ok(two.startsWith(`${file}:4:8: acl.1.file: warning: ${acl}:2: %d`));
  } finally {
    await Deno.remove(acl);
  }
});

Deno.test("check: a file of rules is read where nothing else needs a file", async () => {
  const { code, err, file } = await run('[[acl]]\nfile = "/no/acl"\n');
  assert.equal(code, 1);
  assert.ok(err.startsWith(`${file}:2:8: acl.0.file: /no/acl: cannot`), err);
});

Deno.test("check: a socket file needs its folder, and what lies there must be a socket", async () => {
  const folder = await Deno.makeTempDir();
  const checked = async (socket: string) => {
    const text = `[[listener]]\ntype = "unix"\nsocket = "${socket}"\n`;
    const { code, err, file } = await run(text);
    return [code, err.replace(`${file}:3:10: listener.0.socket: `, "")];
  };
  try {
    await Deno.writeTextFile(`${folder}/file`, "");
    assert.deepEqual(await checked(`${folder}/mqtt.sock`), [0, ""]);
    const problems: readonly (readonly [socket: string, said: RegExp])[] = [
      [
        `${folder}/run/mqtt.sock`,
        /^the folder .*\/run does not exist: mkdir -p/,
      ],
      [`${folder}/file/mqtt.sock`, /^\S+\/file( is not a folder|: .*)/],
      [
        `${folder}/file`,
        /^\S+\/file exists and is not a socket: rm \S+\/file, or/,
      ],
    ];
    for (const [socket, said] of problems) {
      const [code, err] = await checked(socket);
      assert.equal(code, 1, socket);
      assert.match(`${err}`, said);
    }
    const listener = Deno.listen({
      transport: "unix",
      path: `${folder}/mqtt.sock`,
    });
    assert.deepEqual(await checked(`${folder}/mqtt.sock`), [0, ""]);
    listener.close();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("check: a configuration of Mosquitto is told as one, with the command that converts it", async () => {
  for (
    const [text, line] of [
      ["# Mosquitto\n\nlistener 1883 127.0.0.1\n", 3],
      ["persistence true\nlog_dest file /var/log/mosquitto.log", 1],
      ["\tallow_anonymous\tfalse", 1],
    ] as const
  ) {
    const { code, err, file } = await run(text);
    assert.equal(code, 1);
    assert.ok(
      err.startsWith(`${file}:${line}:1: this is a configuration of Mosquitto`),
      err,
    );
    assert.ok(err.endsWith(`dunlin import ${file} --out dunlin.toml\n`), err);
  }
  const { err } = await run("[[listener]]\nport 1883 = 1");
  assert.match(err, /not valid TOML|Mosquitto/);
  assert.match((await run("listener = [ 1")).err, /not valid TOML/);
});

Deno.test("check: the query of an address is shown nowhere, and yet seen to differ", async () => {
  const text = (key: string) =>
    `[[auth]]\ntype = "http"\nurl = "http://a/x?key=${key}"\n` +
    `acl_url = "http://a/y#${key}"\n` +
    `superuser_url = "http://a/z?${key}"\n` +
    `[[auth]]\ntype = "jwt"\njwks_url = "http://a/w?key=${key}"\n`;
  const before = await Deno.makeTempFile({ suffix: ".toml" });
  try {
    await Deno.writeTextFile(before, text("FIRST"));
    for (
      const options of [
        { print: true },
        { print: true, json: true },
        { diff: before },
        { diff: before, json: true },
      ]
    ) {
      const { code, out, err } = await run(text("SECOND"), options);
      assert.equal(code, 0, err);
      assert.doesNotMatch(out, /FIRST|SECOND/);
      for (const path of ["x?", "y#", "z?", "w?"]) {
        assert.ok(out.includes(`http://a/${path}(hidden)`), path);
      }
    }
  } finally {
    await Deno.remove(before);
  }
});

Deno.test("check: a log file whose folder is missing is a warning, with its place", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const missing = await run(`[log]\nfile = "${folder}/no/dunlin.log"`);
    assert.equal(missing.code, 0);
    assert.match(
      missing.err,
      /:2:8: log\.file: warning: the folder .*\/no does not exist: mkdir -p .*\/no; /,
    );
    assert.match(missing.out, /1 warning/);
    const isFolder = await run(`[log]\nfile = "${folder}"`);
    assert.match(isFolder.err, /is a folder: name a file in it/);
    const fine = await run(`[log]\nfile = "${folder}/dunlin.log"`);
    assert.equal(fine.err, "");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
