import assert from "node:assert/strict";
import {
  completeSettings,
  describeProblem,
  loadSettings,
  printSettings,
  type Settings,
  SettingsError,
  type SettingsSources,
} from "../../src/config/mod.ts";

/** Settings from the text of a file and other sources. */
function load(text: string, others: SettingsSources = {}): Promise<Settings> {
  return loadSettings({ file: { name: "d.toml", text }, ...others });
}

/** What is wrong with these sources, a line each. */
async function faults(sources: SettingsSources): Promise<string[]> {
  try {
    await loadSettings(sources);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return error.problems.map(describeProblem);
  }
  return [];
}

function faultsOf(text: string): Promise<string[]> {
  return faults({ file: { name: "d.toml", text } });
}

Deno.test("load: without any source, MQTT on 127.0.0.1:1883 only", async () => {
  const settings = await loadSettings();
  assert.deepEqual(settings, completeSettings());
  assert.equal(settings.listener.length, 1);
  const [{ type, bind, port, name }] = settings.listener;
  assert.deepEqual([type, bind, port, name], ["tcp", "127.0.0.1", 1883, "tcp"]);
});

Deno.test("load: an empty file changes nothing", async () => {
  assert.deepEqual(await load(""), completeSettings());
});

Deno.test("load: sizes become bytes, durations ms or s, as each says", async () => {
  const settings = await load(`
    [limits]
    max_packet_size = "1 MiB"
    max_outbound = 70000
    connect_timeout = "250ms"
    max_queued_memory = "3 MiB"
    [session]
    max_expiry = "1h30m"
    expiry_v3 = "never"
    max_keep_alive = 90
    [sys]
    interval = 0
    [shutdown]
    timeout = 1.5
  `);
  assert.equal(settings.limits.max_packet_size, 1_048_576);
  assert.equal(settings.limits.max_outbound, 70_000);
  assert.equal(settings.limits.connect_timeout, 250);
  assert.equal(settings.limits.max_queued_memory, 3_145_728);
  assert.equal(settings.session.max_expiry, 5400);
  assert.equal(settings.session.expiry_v3, 0xffff_ffff);
  assert.equal(settings.session.max_keep_alive, 90);
  assert.equal(settings.sys.interval, 0);
  assert.equal(settings.shutdown.timeout, 1500);
});

Deno.test("load: a share of the memory becomes whole MiB", async () => {
  const total = Deno.systemMemoryInfo().total;
  const { limits } = await load(`[limits]\nmax_queued_memory = "10 %"`);
  assert.equal(limits.max_queued_memory % 1_048_576, 0);
  assert.ok(Math.abs(limits.max_queued_memory - total / 10) <= 1_048_576);
});

Deno.test("load: a listener inherits what it leaves out", async () => {
  const { listener } = await load(`
    [limits]
    max_packet_size = "2 KiB"
    receive_maximum = 7
    topic_alias_maximum = 8
    connect_timeout = "9s"
    [session]
    max_keep_alive = "1m"
    [protocol]
    max_qos = 1
    [retained]
    available = false
    [[listener]]
    [[listener]]
    type = "websocket"
    max_packet_size = "4 KiB"
    max_qos = 2
    retain_available = true
    receive_maximum = 1
    topic_alias_maximum = 2
    connect_timeout = "3s"
    max_keep_alive = "4s"
  `);
  const inherited = listener.map((one) => [
    one.max_packet_size,
    one.receive_maximum,
    one.topic_alias_maximum,
    one.connect_timeout,
    one.max_keep_alive,
    one.max_qos,
    one.retain_available,
  ]);
  assert.deepEqual(inherited, [
    [2048, 7, 8, 9000, 60, 1, false],
    [4096, 1, 2, 3000, 4, 2, true],
  ]);
});

Deno.test("load: listeners without a name or port get one by type", async () => {
  const { listener } = await load(`
    listener = [{ type = "websocket" }, {}, { port = 1 }, { name = "tcp-2", port = 2 }]
  `);
  assert.deepEqual(
    listener.map((one) => `${one.name} ${one.port}`),
    ["websocket 9001", "tcp 1883", "tcp-3 1", "tcp-2 2"],
  );
});

Deno.test("load: numbers and flags may come through a variable", async () => {
  const text =
    `listener = [{ port = "\${P}" }]\n[retained]\navailable = "\${R:-false}"`;
  const settings = await load(text, { environment: { P: "77" } });
  assert.equal(settings.listener[0].port, 77);
  assert.equal(settings.retained.available, false);
});

Deno.test("load: default < file < environment < command line", async () => {
  const text = "[limits]\nmax_inflight = 2\nreceive_maximum = 2\n" +
    "max_topic_levels = 2\n[[listener]]\nport = 2";
  const settings = await load(text, {
    environment: {
      DUNLIN_LIMITS__RECEIVE_MAXIMUM: "3",
      DUNLIN_LIMITS__MAX_TOPIC_LEVELS: "3",
      DUNLIN_LISTENER__0__PORT: "3",
    },
    sets: ["limits.max_topic_levels=4", "listener.0.port=4"],
    shortcuts: { port: "5" },
  });
  assert.equal(settings.limits.max_connections, 0);
  assert.equal(settings.limits.max_inflight, 2);
  assert.equal(settings.limits.receive_maximum, 3);
  assert.equal(settings.limits.max_topic_levels, 4);
  assert.equal(settings.listener[0].port, 5);
});

Deno.test("load: --set takes TOML values, and bare words as strings", async () => {
  const settings = await loadSettings({
    sets: [
      "session.backlog_policy=drop-old",
      'log.format="json"',
      "limits.max_packet_size=2 MiB",
      'listener=[{ port = 1 }, { type = "websocket", allowed_origins = ["http://a"] }]',
      "listener.1.port = 9",
      "listener.2={ port = 10 }",
      "listener.0.versions=['5.0']",
    ],
  });
  assert.equal(settings.session.backlog_policy, "drop-old");
  assert.equal(settings.log.format, "json");
  assert.equal(settings.limits.max_packet_size, 2_097_152);
  assert.deepEqual(settings.listener.map((one) => one.port), [1, 9, 10]);
  assert.deepEqual(settings.listener[1].allowed_origins, ["http://a"]);
  assert.deepEqual(settings.listener[0].versions, ["5.0"]);
});

Deno.test("load: the command line's own options reach their settings", async () => {
  const settings = await loadSettings({
    shortcuts: { port: "0", bind: "::1", logLevel: "debug" },
  });
  assert.equal(settings.listener[0].port, 0);
  assert.equal(settings.listener[0].bind, "::1");
  assert.equal(settings.log.level, "debug");
});

const mistakes: readonly [what: string, text: string, fault: RegExp][] = [
  [
    "a misspelt setting",
    "[limits]\nmax_inflght = 5",
    /^d\.toml:2:1: limits\.max_inflght: there is no such setting: did you mean max_inflight\?$/,
  ],
  [
    "a misspelt section",
    "\n[sesion]",
    /^d\.toml:2:2: sesion: .* did you mean session\?$/,
  ],
  [
    "a setting in the wrong section",
    "[log]\nbacklog_bytes = 1",
    /^d\.toml:2:1: .* belongs below \[session\]$/,
  ],
  [
    "an unknown setting like no other",
    "[log]\ncolour = 1",
    /^d\.toml:2:1: .* give one of level, .*, keep$/,
  ],
  [
    "an unknown setting of a listener",
    "[[listener]]\n[[listener]]\nprot = 1",
    /^d\.toml:3:1: listener\.1\.prot: .* did you mean port\?$/,
  ],
  [
    "a number too large",
    "[limits]\nmax_inflight = 65536",
    /^d\.toml:2:16: limits\.max_inflight: 65536 is not allowed: give a whole number, 1 to 65535$/,
  ],
  ["a number too small", "[limits]\nmax_inflight = 0", /2:16: .* 1 to 65535$/],
  ["a fraction", "[limits]\nmax_inflight = 1.5", /2:16: .*whole number/],
  ["a size too large", `[limits]\nmax_packet_size = "1GiB"`, /2:19: .*256 MiB/],
  [
    "a size of no unit",
    `[limits]\nmax_packet_size = "1 M"`,
    /2:19: .*"16 MiB"/,
  ],
  ["a duration that is none", `[sys]\ninterval = "soon"`, /2:12: .*"1h30m"/],
  ["a duration too long", `[shutdown]\ntimeout = "1d"`, /2:11: .*to 10m$/],
  ["never where it cannot be", `[sys]\ninterval = "never"`, /2:12: /],
  [
    "a word not on offer",
    `[log]\nlevel = "wran"`,
    /2:9: .*did you mean "warn"/,
  ],
  [
    "a flag that is none",
    `[retained]\navailable = 1`,
    /2:13: .*true or false$/,
  ],
  [
    "a list that is none",
    `[[listener]]\nversions = "5.0"`,
    /2:12: .*a list of/,
  ],
  ["a list too short", `[[listener]]\nversions = []`, /2:12: .*at least 1/],
  ["an item amiss", `[[listener]]\nversions = ["6"]`, /2:12: .*"3\.1\.1"/],
  [
    "a path that is none",
    `[[listener]]\ntype="websocket"\npath = "x"`,
    /3:8: /,
  ],
  ["a value for a section", "limits = 1", /^d\.toml:1:10: limits: not a table/],
  ["a table for the listeners", "[listener]", /1:2?:? ?.*\[\[listener\]\]/],
  ["no listener at all", "listener = []", /1:12: .*\[\[listener\]\] table$/],
  ["a memory share too large", `[limits]\nmax_queued_memory = "95%"`, /2:21: /],
  [
    "TOML that is none",
    "[limits]\nmax_inflight = \n",
    /^d\.toml:2:\d+: not valid TOML: /,
  ],
  ["a key given twice", "[log]\nlevel='info'\nlevel='warn'", /^d\.toml:3:1: /],
  [
    "a variable that is not set",
    'listener = [{ bind = "${NO}" }]',
    /^d\.toml:1:22: listener\.0\.bind: .*NO is not set/,
  ],
  [
    "an address others can reach",
    `[[listener]]\nbind = "0.0.0.0"`,
    /^d\.toml:2:8: listener\.0\.bind: other machines can reach 0\.0\.0\.0.*allow_anonymous = true/,
  ],
  [
    "an address others can reach, anonymous refused",
    `[[listener]]\nbind = "::"\nallow_anonymous = false`,
    /^d\.toml:2:8: /,
  ],
  [
    "two listeners of one name",
    `listener=[{name="a",port=1},{name="a",port=2}]`,
    /^d\.toml:1:35: listener\.1\.name: another listener has the name a: give another one$/,
  ],
  [
    "two listeners of one address",
    "[[listener]]\n[[listener]]\nport = 1883",
    /^d\.toml:3:8: listener\.1\.port: the listener tcp already has/,
  ],
  [
    "two listeners of one address in two spellings",
    `listener=[{bind="::1"},{bind="0:0::1",name="b"}]`,
    /listener\.1\.port: the listener tcp already has 0:0::1 port 1883: give/,
  ],
  [
    "a listener on all addresses beside one on one of them",
    `listener=[{},{bind="0.0.0.0",name="b",allow_anonymous=true}]`,
    /listener\.1\.port: the listener tcp already has port 1883 of 127\.0\.0\.1, which is one of the addresses of 0\.0\.0\.0: give another port$/,
  ],
  [
    "a listener on an address that another one includes",
    `listener=[{bind="::",allow_anonymous=true},{bind="127.0.0.1",name="b"}]`,
    /listener\.1\.port: the listener tcp already has port 1883 of ::, which includes 127\.0\.0\.1: give another port$/,
  ],
  [
    "a path for plain MQTT",
    `[[listener]]\npath = "/mqtt"`,
    /^d\.toml:2:8: listener\.0\.path: only a listener of type "websocket"/,
  ],
];
for (const [what, text, fault] of mistakes) {
  Deno.test(`load: ${what} is told, with its place`, async () => {
    const [first, ...others] = await faultsOf(text);
    assert.match(first ?? "nothing", fault);
    assert.deepEqual(others, []);
  });
}

Deno.test("load: every mistake is told at once, in the file's order", async () => {
  const told = await faults({
    file: {
      name: "d.toml",
      text: `
[[listener]]
bind = "10.0.0.1"
port = 70000
[log]
levl = "info"
[limits]
max_inflight = "\${NO}"
`,
    },
    environment: { DUNLIN_LOG__FORMAT: "xml" },
    sets: ["sys.interval=-1", "nonsense", "listener.5.port=1", "log.level.x=1"],
    shortcuts: { logLevel: "loud" },
  });
  assert.deepEqual(told.map((line) => line.split(": ").slice(0, 2).join(" ")), [
    "d.toml:3:8 listener.0.bind",
    "d.toml:4:8 listener.0.port",
    "d.toml:6:1 log.levl",
    "d.toml:8:16 limits.max_inflight",
    "--set nonsense not a setting",
    "--set listener.5.port",
    "--set sys.interval",
    "--set log.level",
    "DUNLIN_LOG__FORMAT log.format",
    '--log-level "loud" is not allowed',
  ]);
});

Deno.test("load: what is wrong in the environment names the variable", async () => {
  assert.deepEqual(
    await faults({ environment: { DUNLIN_LIMTS__MAX_INFLIGHT: "1" } }),
    [
      "DUNLIN_LIMTS__MAX_INFLIGHT: limts: there is no such section: did you mean limits?",
    ],
  );
});

Deno.test("load: of two sources, the one that counts is blamed", async () => {
  const told = await faults({
    environment: { DUNLIN_LOG__LEVEL: "loud" },
    sets: ["log.level=louder"],
  });
  assert.equal(told.length, 1);
  assert.match(told[0], /^--set: log\.level: "louder"/);
});

Deno.test("load: a listener that is no table does not hide the next one's faults", async () => {
  const told = await faultsOf(`listener = [7, { bind = "0.0.0.0" }]`);
  assert.equal(told.length, 2);
  assert.match(told[0], /^d\.toml:1:13: listener\.0: not a table/);
  assert.match(
    told[1],
    /^d\.toml:1:25: listener\.1\.bind: other machines can reach/,
  );
});

Deno.test("load: what an option of the command line clashes with names it", async () => {
  const [bind] = await faults({ shortcuts: { bind: "0.0.0.0" } });
  assert.match(
    bind,
    /^--bind: listener\.0\.bind: other machines can reach 0\.0\.0\.0/,
  );
});

Deno.test("load: an override never reaches what objects inherit", async () => {
  const told = await faults({
    sets: ["__proto__.polluted=1", "constructor.polluted=1"],
  });
  assert.deepEqual(told, [
    "--set: __proto__.polluted: there is no such setting",
    "--set: constructor.polluted: there is no such setting",
  ]);
  assert.equal(({} as Record<string, unknown>).polluted, undefined);
});

Deno.test("load: an open listener is fine once it is said on purpose", async () => {
  const { listener } = await load(
    `listener = [{ bind = "0.0.0.0", allow_anonymous = true }]`,
  );
  assert.equal(listener[0].bind, "0.0.0.0");
});

Deno.test("load: all of 127.0.0.0/8, ::1 and localhost are this machine", async () => {
  for (const bind of ["127.0.0.2", "::1", "localhost", "::ffff:127.0.0.1"]) {
    const { listener } = await loadSettings({ shortcuts: { bind } });
    assert.equal(listener[0].bind, bind);
  }
  for (const bind of ["127.evil.example", "192.168.0.1", "::2", "box"]) {
    assert.equal((await faults({ shortcuts: { bind } })).length, 1, bind);
  }
});

Deno.test("load: several listeners may ask for a free port", async () => {
  const { listener } = await load("listener = [{ port = 0 }, { port = 0 }]");
  assert.equal(listener.length, 2);
});

Deno.test("print: what is printed gives the same settings again", async () => {
  const settings = await load(`
    [limits]
    max_inflight = 20
    max_packet_size = 1025
    connect_timeout = "1500ms"
    [session]
    max_expiry = "1d"
    [[listener]]
    [[listener]]
    type = "websocket"
    bind = "::"
    allow_anonymous = true
    allowed_origins = ["https://example.org"]
  `);
  assert.deepEqual(await load(printSettings(settings)), settings);
});

Deno.test("load: printed settings are the same in names and paths with control characters and references", async () => {
  const settings = await load(`
    storage.path = "/tmp/a\\u007f\\u0085$\${HOME}$$\${x}.kv"
    [[acl]]
    topic = "#"
    client_id = ["a\\u007f\\u009bb$\${HOME}", "\\r\\n\\t\\u2028"]
  `);
  const printed = printSettings(settings);
  assert.doesNotMatch(printed, /[^\n\P{Cc}]/u);
  assert.deepEqual(settings.acl[0].client_id[0], "a\x7f\x9bb\${HOME}");
  const again = await load(printed);
  assert.deepEqual(again.acl[0].client_id, settings.acl[0].client_id);
  assert.deepEqual(again.storage, settings.storage);
});

Deno.test("load: an allowed origin must be one that a browser sends", async () => {
  const web = (origin: string) =>
    `[[listener]]\ntype = "websocket"\nallowed_origins = ["${origin}"]`;
  for (
    const good of [
      "https://a.example",
      "http://localhost:8080",
      "http://[::1]:3",
      "capacitor://localhost",
    ]
  ) assert.deepEqual(await faultsOf(web(good)), []);
  for (
    const bad of [
      "*",
      "a.example",
      "https://*.a.example",
      "https://a.example/",
      "https://A.example",
      "https://a.example:443",
      "https://a.example/chat",
    ]
  ) {
    const [fault, ...more] = await faultsOf(web(bad));
    assert.match(fault, /give an origin as browsers send it/);
    assert.deepEqual(more, []);
  }
});

Deno.test("load: a listener is added in the file only; number 0 is there", async () => {
  const environment = { DUNLIN_LISTENER__0__PORT: "1884" };
  const { listener } = await loadSettings({ environment });
  assert.deepEqual(listener.map(({ port }) => port), [1884]);
  assert.deepEqual(await faults({ sets: ["listener.1.port=3"] }), [
    "--set: listener.1.port: there is only 1 listener, number 0: " +
    "add one as a [[listener]] in the file",
  ]);
  assert.deepEqual(
    await faults({
      file: {
        name: "d.toml",
        text: "[[listener]]\n[[listener]]\nport = 9",
      },
      environment: { DUNLIN_LISTENER__2__PORT: "3" },
    }),
    [
      "DUNLIN_LISTENER__2__PORT: listener.2.port: there are only 2 listeners, " +
      "counted from 0: add one as a [[listener]] in the file",
    ],
  );
});
