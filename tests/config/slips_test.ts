import assert from "node:assert/strict";
import {
  describeProblem,
  loadSettings,
  SettingsError,
} from "../../src/config/mod.ts";

/** What is wrong with the text of a file, a line each. */
async function faultsOf(text: string): Promise<string[]> {
  try {
    await loadSettings({ file: { name: "d.toml", text }, environment: {} });
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return error.problems.map(describeProblem);
  }
  return [];
}

Deno.test("slips: a value that is refused is told once, not what follows from it", async () => {
  const once: readonly (readonly [text: string, place: string])[] = [
    ['[[auth]]\ntype = "passwordfile"', "d.toml:2:8: auth.0.type: "],
    ['[[acl]]\ntopic = "a/#/b"', "d.toml:2:9: acl.0.topic: "],
    [
      '[[auth]]\ntype = "http"\nurl = "localhost:8000"',
      "d.toml:3:7: auth.0.url: ",
    ],
    [
      '[[auth]]\ntype = "users"\n[[user]]\nname = "a"\npassword = "file:/no/such"',
      "d.toml:5:12: user.0.password: ",
    ],
    ['[[listener]]\nbind = "::"\n[auth]\ntype = "users"', "d.toml:3:1: auth: "],
  ];
  for (const [text, place] of once) {
    const faults = await faultsOf(text);
    assert.equal(faults.length, 1, faults.join("\n"));
    assert.ok(faults[0].startsWith(place), faults[0]);
  }
});

Deno.test("slips: what else is wrong is told beside a refused value", async () => {
  const faults = await faultsOf(
    '[[listener]]\nbind = "::"\n[log]\nlevel = "loud"',
  );
  assert.equal(faults.length, 2, faults.join("\n"));
});

Deno.test("slips: words of other programs lead to the right one", async () => {
  const words: readonly (readonly [text: string, meant: string])[] = [
    ['[[listener]]\ntype = "ws"', "websocket"],
    ['[[listener]]\ntype = "MQTTS"', "tls"],
    ['[[listener]]\ntype = "mqtt"', "tcp"],
    ['[[acl]]\ntopic = "a"\naction = "readwrite"', "all"],
    ['[log]\nlevel = "warning"', "warn"],
  ];
  for (const [text, meant] of words) {
    const [fault] = await faultsOf(text);
    assert.ok(fault.endsWith(`did you mean "${meant}"?`), fault);
  }
});

Deno.test("slips: what TOML does not read is told with what was meant", async () => {
  const slips: readonly (readonly [text: string, hint: RegExp])[] = [
    ["[storage]\nmode = durable # x", /^d\.toml:2:8: .*like "durable"$/],
    ["[storage]\npath = /var/x", /like "\/var\/x"$/],
    ["[[listener]]\nbind = 0.0.0.0", /^d\.toml:2:11: .*like "0\.0\.0\.0"$/],
    ["[limits]\nmax_packet_size = 1 MiB # x", /like "1 MiB"$/],
    ["[log]\nlevel = 1\nlevel = 2", /^d\.toml:3:1: .*given twice/],
    ["[[listener]\nport = 1", /like \[\[listener\]\]$/],
    ["listener:\n  port: 1883", /like port = 1883$/],
  ];
  for (const [text, hint] of slips) {
    const faults = await faultsOf(text);
    assert.equal(faults.length, 1);
    assert.match(faults[0], hint);
  }
  // Quotes would not help here.
  for (const text of ['[log]\nlevel = "info', '[log]\nlevel == "info"']) {
    assert.doesNotMatch((await faultsOf(text))[0], /quotes/);
  }
});

Deno.test("slips: names that Mosquitto and other brokers use are answered with ours", async () => {
  const meant: readonly (readonly [text: string, hint: RegExp])[] = [
    [
      "password_file = 1",
      /^d\.toml:1:1: .*use an \[\[auth\]\] table with type/,
    ],
    ["max_queued_messages = 1", /use backlog_messages below \[session\]$/],
    [
      "[[listener]]\ncafile = 1",
      /^d\.toml:2:1: listener\.0\.cafile: .* use ca$/,
    ],
    ["[[listener]]\nprotocol = 1", /use type$/],
    ["[[listener]]\nhost = 1", /use bind$/],
    ["[[listener]]\ntls = true", /use type = "tls"$/],
    [
      "[tls]\ncert = 1",
      /^d\.toml:1:2: tls: .*use \[\[listener\]\] with type = "tls"$/,
    ],
    ["[logging]\nlevel = 1", /use \[log\]$/],
  ];
  for (const [text, hint] of meant) {
    const faults = await faultsOf(text);
    assert.equal(faults.length, 1);
    assert.match(faults[0], hint);
  }
});

Deno.test("slips: an error lists few names, never all of a long table", async () => {
  const [long] = await faultsOf("[[listener]]\nzzz = 1");
  assert.match(long, /remove it, or look for it in config\.example\.toml$/);
  const [short] = await faultsOf("[sys]\nzzz = 1");
  assert.match(short, /remove it, or give one of interval, client_events$/);
});

Deno.test("slips: a rule for a group that nobody is in is a mistake", async () => {
  const rule = '[[acl]]\ngroup = "staf"\ntopic = "#"\n';
  const group = '[[group]]\nname = "staff"\nmembers = ["ann"]\n';
  const [near] = await faultsOf(rule + group);
  assert.match(near, /^d\.toml:2:9: acl\.0\.group: .*did you mean staff\?$/);
  const [none] = await faultsOf(rule);
  assert.match(none, /add a \[\[group\]\] with name = "staf"/);
  const user = '[[user]]\nname = "a"\npassword = "x"\ngroups = ["staf"]\n';
  const users = '[[auth]]\ntype = "users"\n';
  assert.deepEqual(await faultsOf(rule + user + users), []);
  // A web server says itself who is in which.
  const http = '[[auth]]\ntype = "http"\nurl = "http://127.0.0.1:1/"\n';
  assert.deepEqual(await faultsOf(rule + http), []);
});

Deno.test("slips: a kind of [[auth]] that other programs name otherwise", async () => {
  const meant: readonly (readonly [type: string, hint: RegExp])[] = [
    [
      "password",
      /did you mean "password-file", whose file "dunlin passwd add FILE NAME" makes, or "users", which are \[\[user\]\] tables\?$/,
    ],
    ["passwd", /did you mean "password-file"\?$/],
    ["Certificate", /did you mean "client-certificate"\?$/],
    ["token", /did you mean "jwt"\?$/],
  ];
  for (const [type, hint] of meant) {
    const faults = await faultsOf(`[[auth]]\ntype = "${type}"`);
    assert.equal(faults.length, 1);
    assert.match(faults[0], hint);
  }
});

/** Addresses that cannot be read, each with a secret in it. */
const ADDRESSES = [
  '"https://u:S3CRET@h:99999/"',
  '"https://u:S3CRET w@h/"',
  '"https://u:S3C/RET@[x/S3CRET"',
  '"https://u:S3CRET"',
  '"htps://u:S3CRET@h/"',
  '"u:S3CRET@h/"',
  '["https://u:S3CRET@h/"]',
  '{ a = "https://S3CRET@h/" }',
];

Deno.test("slips: a secret is in no message, however it is written", async () => {
  const texts = [
    '[[user]]\nname = "a"\npassword = S3CRET',
    '[[user]]\nname = "a"\npassword = S3CRET # why',
    "user.0.password = S3CRET",
    '[[auth]]\ntype = "jwt"\nkey = S3CRET',
    '[[auth]]\ntype = "http"\nauthorization = S3CRET',
    '[[auth]]\ntype = "http"\nurl = http://a/?key=S3CRET',
    '[[auth]]\ntype = "http"\nurl = "htp://a/?key=S3CRET"',
    '[[auth]]\ntype = "http"\nurl = "http://[x/?key=S3CRET"',
    '[[auth]]\ntype = "http"\nurl = "http://a b/#S3CRET"',
    ...["url", "acl_url", "superuser_url"].flatMap((key) =>
      ADDRESSES.map((value) => `[[auth]]\ntype = "http"\n${key} = ${value}`)
    ),
    ...ADDRESSES.map((value) => `[[auth]]\ntype = "jwt"\njwks_url = ${value}`),
    // No address belongs there, but somebody may believe it does.
    '[[listener]]\ntype = "websocket"\nallowed_origins = ["https://a:S3CRET@h"]',
    '[[listener]]\ntrusted_proxies = ["https://a:S3CRET@h"]',
    '[[listener]]\ntype = "https://a:S3CRET@h"',
    '[limits]\nmax_packet_size = "https://a:S3\\"S3CRET@h"',
    '[[user]]\nname = "a"\npassword = "x${S3CRET-1}y"',
    "[[auth]]\npasswrd = S3CRET",
  ];
  for (const text of texts) {
    const faults = await faultsOf(text);
    assert.ok(faults.length > 0, text);
    assert.doesNotMatch(
      faults.join("\n"),
      /S3CRET/,
    );
  }
  // What is no secret helps.
  const [fault] = await faultsOf("[log]\nlevel = debug");
  assert.match(fault, /a string needs quotes, like "debug"/);
});

Deno.test("slips: --set that is no setting shows its name alone", async () => {
  for (const set of ["user.0.password:S3CRET", "user.0.password S3CRET"]) {
    await assert.rejects(
      loadSettings({ environment: {}, sets: [set] }),
      (error) => {
        assert.ok(error instanceof SettingsError);
        assert.equal(error.problems[0].source, "--set user.0.password");
        assert.doesNotMatch(error.message, /S3CRET/);
        return true;
      },
    );
  }
});
