import assert from "node:assert/strict";
import { parse } from "smol-toml";
import { parseLines, shownLine } from "../../src/import/read/config_line.ts";
import { resolve } from "node:path";
import { completeSettings, loadSettings } from "../../src/config/mod.ts";
import type { Settings } from "../../src/config/mod.ts";
import { importConfig, ImportError } from "../../src/import/mod.ts";
import { TomlTable } from "../../src/import/toml/toml_table.ts";
import type { ImportedConfig } from "../../src/import/mod.ts";

/** Imports a configuration of that text, beside other files. */
async function imported(
  text: string,
  files: Readonly<Record<string, string>> = {},
): Promise<ImportedConfig & { readonly settings: Settings }> {
  const folder = await Deno.makeTempDir({ prefix: "dunlin-import-" });
  try {
    for (const [name, content] of Object.entries(files)) {
      const path = `${folder}/${name}`;
      await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), {
        recursive: true,
      });
      await Deno.writeTextFile(path, content);
    }
    const path = `${folder}/m.conf`;
    await Deno.writeTextFile(path, text.replaceAll("@", folder));
    const result = await importConfig(path);
    const file = { name: "d.toml", text: result.toml };
    return { ...result, settings: await loadSettings({ file }) };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The value at `path` in the settings that an import gives. */
async function value(text: string, path: string): Promise<unknown> {
  const { settings } = await imported(text);
  return path.split(".").reduce<unknown>(
    (at, key) => (at as Record<string, unknown>)[key],
    settings,
  );
}

const values: readonly (readonly [string, string, unknown])[] = [
  ["max_inflight_messages 7", "limits.max_inflight", 7],
  ["max_inflight_messages 7", "limits.receive_maximum", 7],
  ["max_inflight_messages 0", "limits.max_inflight", 65_535],
  ["max_packet_size 20", "limits.max_packet_size", 1024],
  ["max_packet_size 0", "limits.max_packet_size", 256 * 1024 * 1024],
  ["message_size_limit 100", "limits.max_packet_size", 100 + 128 * 1024],
  ["memory_limit 1", "limits.max_queued_memory", 1024 * 1024],
  ["max_keepalive 90", "session.max_keep_alive", 90],
  ["max_queued_messages 0", "session.backlog_messages", 1_000_000_000],
  ["max_queued_bytes 5000", "session.backlog_bytes", 5000],
  ["persistent_client_expiration 3h", "session.expiry_v3", 3 * 3600],
  ["persistent_client_expiration 2m", "session.max_expiry", 60 * 86_400],
  ["queue_qos0_messages 1", "session.queue_qos0", true],
  ["retain_available false", "retained.available", false],
  ["sys_interval 0", "sys.interval", 0],
  ["persistence false", "storage.mode", "memory"],
  ["", "storage.mode", "memory"],
  ["persistence true", "storage.mode", "buffered"],
  ["plugin /mosquitto_persist_sqlite.so", "storage.mode", "buffered"],
  ["global_plugin /mosquitto_persist_sqlite.so", "storage.mode", "buffered"],
  [
    "persistence false\nplugin /mosquitto_persist_sqlite.so\n" +
    "plugin_opt_db_file x\npersistence_location /d",
    "storage.path",
    "/d",
  ],
  ["plugin /mosquitto_persist_sqlite.so", "listener.0.allow_anonymous", true],
  ["plugin /mosquitto_sparkplug_aware.so", "listener.0.allow_anonymous", true],
  [
    "plugin /mosquitto_password_file.so\nplugin_opt_password_file p",
    "auth.0.file",
    resolve("p"),
  ],
  [
    "plugin /mosquitto_acl_file.so\nplugin_opt_acl_file x",
    "access.acl_file.0",
    resolve("x"),
  ],
  ["persistent_client_expiration 90s", "session.expiry_v3", 90],
  ["log_type error\nlog_type warning", "log.level", "warn"],
  ["log_type all", "log.level", "debug"],
  ["log_type none", "log.level", "error"],
  ["connection_messages false", "log.connections", false],
  ["connection_messages true", "log.connections", true],
  ["", "listener.0.bind", "127.0.0.1"],
  ["", "listener.0.allow_anonymous", true],
  ["use_username_as_clientid true", "listener.0.client_id", "username"],
  ["use_username_as_clientid false", "listener.0.client_id", "connect"],
  ["port 1900", "listener.0.bind", "::"],
  ["port 1900", "listener.0.allow_anonymous", false],
  ["listener 1900 ::1", "listener.0.bind", "::1"],
  ["listener 1900\nsocket_domain ipv4", "listener.0.bind", "0.0.0.0"],
  ["listener 1900\nbind_interface none9", "listener.0.bind", "127.0.0.1"],
  ["listener 1900\nbind_interface lo", "listener.0.bind", "127.0.0.1"],
  [
    "listener 1900\nenable_proxy_protocol 2\nproxy_protocol_v2_require_tls true",
    "listener.0.proxy_client_tls",
    "tls",
  ],
  [
    "listener 1900\nenable_proxy_protocol 2\nrequire_certificate true\n" +
    "proxy_protocol_v2_require_tls true",
    "listener.0.proxy_client_tls",
    "certificate",
  ],
  [
    "listener 1900\nenable_proxy_protocol 2\nuse_identity_as_username true",
    "listener.0.proxy_username",
    true,
  ],
  [
    "listener 1900\nenable_proxy_protocol 2\nuse_identity_as_username true\n" +
    "allow_anonymous false",
    "auth.0.type",
    "client-certificate",
  ],
  [
    "listener 1900\nenable_proxy_protocol 1\nuse_identity_as_username true\n" +
    "proxy_protocol_v2_require_tls true",
    "listener.0.proxy_username",
    false,
  ],
  ["listener 1900\nmount_point a", "listener.0.mount_point", "a/"],
  ["listener 1900\nmax_connections 3", "listener.0.max_connections", 3],
  ["listener 1900\nmax_qos 1", "listener.0.max_qos", 1],
  ["listener 1900\nmaximum_qos 1", "listener.0.max_qos", 1],
  ["retained_persistence true", "storage.mode", "buffered"],
  [
    "listener 1900\nmax_topic_alias 0",
    "listener.0.topic_alias_maximum",
    0,
  ],
  ["max_qos 1\nlistener 1900", "listener.1.port", 1900],
  ["listener 1900\nport 1901", "listener.0.port", 1901],
  ['password_file a ${b} "c\\', "auth.0.file", resolve('a ${b} "c\\')],
  ["listener 1900", "auth.0.type", "users"],
  ["acl_file x", "access.acl_file.0", resolve("x")],
];

for (const [text, path, expected] of values) {
  const told = text.replaceAll("\n", "; ") || "nothing said";
  Deno.test(`import: ${told}: ${path} is ${expected}`, async () => {
    assert.deepEqual(await value(text, path), expected);
  });
}

Deno.test("import: nothing said is the settings' defaults, but for the disk", async () => {
  const { settings, lost } = await imported("# nothing\n");
  const usual = completeSettings({ storage: { mode: "memory" } });
  assert.deepEqual(settings, usual);
  assert.deepEqual(lost, []);
});

Deno.test("import: what is included comes where it is included, A before a", async () => {
  const { settings, lost } = await imported(
    "max_keepalive 1\ninclude_dir @/d\nlistener 1990",
    {
      "d/b.conf": "sys_interval 3\ninclude_dir /nowhere\n",
      "d/a.conf": "sys_interval 2\nmax_keepalive 2",
      "d/B.conf": "sys_interval 9",
      "d/c.txt": "sys_interval 100",
    },
  );
  assert.equal(settings.sys.interval, 3000);
  assert.equal(settings.session.max_keep_alive, 2);
  assert.deepEqual(lost, []);
});

Deno.test("import: a folder that is not there is told with its line", async () => {
  await assert.rejects(
    imported("\ninclude_dir @/none"),
    (error: unknown) =>
      error instanceof ImportError &&
      /m\.conf:2: include_dir .*: it is not there$/.test(error.message),
  );
});

Deno.test("import: a folder without a name is not the one around the file", async () => {
  await assert.rejects(imported("include_dir"), /names no folder$/);
});

Deno.test("import: TLS with shared keys does not become MQTT in the clear", async () => {
  const { settings, toml, lost } = await imported(
    "listener 8883\npsk_hint h\npsk_file p\nlistener 1990 127.0.0.1",
  );
  assert.deepEqual(settings.listener.map(({ port }) => port), [1990]);
  assert.match(toml, /m\.conf:1: listener 8883\n# .*psk_hint h\n/);
  assert.deepEqual(lost.map(({ text }) => text), ["psk_hint h", "psk_file p"]);
});

Deno.test("import: with a plugin that is not there nobody comes in unasked", async () => {
  const { settings, lost } = await imported(
    "listener 1990\nallow_anonymous true\nauth_plugin /p.so\n" +
      "auth_opt_redis_password hush",
  );
  assert.deepEqual(settings.auth.map(({ type }) => type), ["users"]);
  assert.equal(settings.listener[0].allow_anonymous, false);
  assert.deepEqual(
    lost.map(({ text }) => text),
    ["auth_plugin /p.so", "auth_opt_redis_password (not shown)"],
  );
});

Deno.test("import: TOML has control characters as escapes, and none in comments", () => {
  const table = new TomlTable("[x]");
  const value = "a\x1b\x7f\u0085\u009b\${b}";
  table.set("key", value, "m.conf:1");
  table.comment(`m.conf:2: ${value}`);
  const text = table.render();
  assert.doesNotMatch(text, /[^\n\P{Cc}]/u);
  const { x } = parse(text) as { x: { key: string } };
  assert.equal(x.key, value.replace("${", () => "$${"));
});

Deno.test("import: a report leaves out the password and the query of an address", () => {
  const lines = parseLines(
    "m.conf",
    "auth_opt_mongo_uri mongodb://me:hu@sh@box/db\n" +
      "auth_opt_http_getuser_uri /login?key=hush&a=/b\n" +
      "auth_opt_http_aclcheck_uri /acl\n" +
      "auth_opt_jwt_secret hush",
  );
  assert.deepEqual(lines.map(shownLine), [
    "auth_opt_mongo_uri mongodb://(not shown)@box/db",
    "auth_opt_http_getuser_uri /login?(not shown)",
    "auth_opt_http_aclcheck_uri /acl",
    "auth_opt_jwt_secret (not shown)",
  ]);
});

Deno.test("import: a plugin that asks over HTTP becomes [[auth]]", async () => {
  const { settings, lost } = await imported(
    "listener 1990\nauth_plugin /mosquitto-go-auth.so\nauth_opt_backends http\n" +
      "auth_opt_http_host h\nauth_opt_http_port 80\nauth_opt_http_timeout 3\n" +
      "auth_opt_http_getuser_uri /u\nauth_opt_http_aclcheck_uri /a",
  );
  const [{ type, url, acl_url, preset, timeout }] = settings.auth;
  assert.deepEqual([type, url, acl_url, preset, timeout], [
    "http",
    "http://h:80/u",
    "http://h:80/a",
    "mosquitto-go-auth",
    3000,
  ]);
  assert.deepEqual(lost, []);
});

Deno.test("import: no password stands in the result", async () => {
  const { toml, lost } = await imported(
    "connection c\naddress h\nremote_password hush\nlocal_password hush\n" +
      "password hush\nbridge_psk hush\ntls_engine_kpass_sha1 hush\n",
  );
  assert.doesNotMatch(toml + JSON.stringify(lost), /hush/);
});

Deno.test("import: what Mosquitto would refuse is told, not guessed", async () => {
  const { lost, settings } = await imported(
    "max_keepalive soon\nretain_available maybe\nmax_qos 3\nlog_type loud\n" +
      "no_such_option 1\nallow_anonymous perhaps",
  );
  assert.deepEqual(
    lost.map(({ place }) => Number(place.split(":").at(-1))).sort(),
    [1, 2, 3, 4, 5, 6],
  );
  assert.equal(settings.session.max_keep_alive, 0);
});

/** What a configuration closes: the lines that are told of, by their text. */
async function closed(
  text: string,
  files: Readonly<Record<string, string>> = {},
): Promise<{ lines: string[]; settings: Settings }> {
  const { lost, settings } = await imported(text, files);
  const lines = lost.filter(({ closes }) => closes).map(({ text }) => text);
  return { lines, settings };
}

const DYNSEC = "/usr/lib/mosquitto_dynamic_security.so";

for (
  const [text, told] of [
    [
      `plugin_load d ${DYNSEC}\nplugin_opt_config_file /d.json\nplugin_use d`,
      1,
    ],
    [`plugin ${DYNSEC}\nplugin_opt_config_file /d.json`, 1],
    [`global_plugin ${DYNSEC}\npassword_file p`, 2],
    ["plugin /mosquitto_password_file.so", 1],
    ["plugin /go-auth.so\nauth_opt_backends redis", 1],
    [
      "plugin /go-auth.so\nauth_opt_backends http\nauth_opt_http_host h\n" +
      "auth_opt_http_getuser_uri /u",
      1,
    ],
    [
      "plugin /go-auth.so\nauth_opt_backends files\nauth_opt_check_prefix true\n" +
      "auth_opt_files_password_path p",
      1,
    ],
  ] as const
) {
  Deno.test(`import: no client may enter where a plugin decided: ${text.replaceAll("\n", "; ")}`, async () => {
    for (const per of ["false", "true"]) {
      const { lines, settings } = await closed(
        `per_listener_settings ${per}\nlistener 1990\nallow_anonymous true\n` +
          text,
      );
      assert.equal(lines.length, told);
      assert.deepEqual(settings.auth.map(({ type }) => type), ["users"]);
      assert.equal(settings.listener[0].allow_anonymous, false);
    }
  });
}

Deno.test("import: a plugin for all listeners closes those that are told apart", async () => {
  const { settings } = await closed(
    "per_listener_settings true\nlistener 1990\nallow_anonymous true\n" +
      `plugin_load d ${DYNSEC}\nlistener 1991\nallow_anonymous true\nplugin_use d`,
  );
  assert.deepEqual(
    settings.listener.map((one) => one.allow_anonymous),
    [false, false],
  );
});

Deno.test("import: a list that is empty or has comments alone allows nothing at its listener", async () => {
  for (const text of ["", "# nothing\n"]) {
    const { settings } = await closed(
      "per_listener_settings true\nlistener 1990\nallow_anonymous true\n" +
        "acl_file @/acl\nlistener 1991\nallow_anonymous true",
      { acl: text },
    );
    assert.deepEqual(
      settings.acl.map(({ listener, file, topic }) => [
        ...listener,
        file.slice(file.lastIndexOf("/")),
        ...topic,
      ]),
      [["tcp-1990", "/acl"], ["tcp-1991", "", "#", "$SYS/#"]],
    );
  }
});

Deno.test("import: a list that cannot be read stays named, and is told of", async () => {
  const { lines, settings } = await closed(
    "per_listener_settings true\nlistener 1990\nacl_file @/none\nlistener 1991",
  );
  assert.equal(lines.length, 1);
  assert.match(settings.acl[0].file, /\/none$/);
});

Deno.test("import: rules about names keep out names that nothing proves", async () => {
  const open = "listener 1990\nallow_anonymous true\nacl_file @/acl";
  for (const acl of ["topic a", "user bob\ntopic a", "pattern x-%u"]) {
    const { lines, settings } = await closed(open, { acl });
    assert.deepEqual(settings.auth.map(({ type }) => type), ["anonymous"]);
    assert.equal(lines.length, 1);
  }
  const { lines, settings } = await closed(open, { acl: "pattern a/%c" });
  assert.deepEqual([lines, settings.auth], [[], []]);
});

for (
  const [text, line] of [
    ["listener 1990\nmount_point site", "mount_point site"],
    ["listener 1990\npsk_file p", "psk_file p"],
    ["listener 1990\ncertfile c\nkeyfile k\npsk_hint h", "psk_hint h"],
    ...["tlsv1.1", "tlsv1", "x"].map((one) => [
      `listener 1990\ncertfile c\nkeyfile k\ntls_version ${one}`,
      `tls_version ${one}`,
    ]),
  ]
) {
  Deno.test(`import: ${text.replaceAll("\n", "; ")}: stricter, and told so`, async () => {
    assert.deepEqual((await closed(text)).lines, [line]);
  });
}

for (
  const line of [
    ...["port 0", "listener 0", "listener 65536", "listener 1990\nprotocol x"],
    ...["listener 1990\nmount_point $a/", "listener 1990\nmount_point a/+/"],
  ]
) {
  Deno.test(`import: ${line.replace("\n", "; ")}: the listener is left out`, async () => {
    const { lines, settings } = await closed(
      `allow_anonymous true\n${line}\nlistener 1991 127.0.0.1`,
    );
    assert.equal(lines.length, 1);
    assert.deepEqual(settings.listener.map(({ port }) => port), [1991]);
    // Alone, it leaves a broker that this machine can reach, and no client.
    const alone = await closed(`allow_anonymous true\n${line}`);
    assert.deepEqual(alone.settings.auth.map(({ type }) => type), ["users"]);
    assert.equal(alone.settings.listener[0].bind, "127.0.0.1");
  });
}

Deno.test("import: allow_anonymous that is misread is no", async () => {
  const { lines, settings } = await closed("port 1990\nallow_anonymous yes");
  assert.deepEqual(lines, ["allow_anonymous yes"]);
  assert.equal(settings.listener[0].allow_anonymous, false);
});

Deno.test("import: listener_allow_anonymous is about its listener alone", async () => {
  const { settings } = await closed(
    "listener 1990\nlistener_allow_anonymous true\nlistener 1991",
  );
  assert.deepEqual(
    settings.listener.map((one) => one.allow_anonymous),
    [true, false],
  );
});

Deno.test("import: which client ids a listener accepts is kept", async () => {
  const { settings, lines } = await closed(
    "clientid_prefixes dev-\nallow_zero_length_clientid false\n" +
      "listener 1990\nlistener 1991\nuse_username_as_clientid true",
  );
  assert.deepEqual(
    settings.listener.map((one) => [
      one.client_id,
      one.assign_client_id,
      ...one.client_id_prefixes,
    ]),
    [["connect", false, "dev-"], ["username", false, "dev-"]],
  );
  assert.deepEqual(lines, []);
});

Deno.test("import: revocation lists are as strict as OpenSSL", async () => {
  const { settings } = await closed(
    "listener 8883\ncertfile c\nkeyfile k\nrequire_certificate true\n" +
      "cafile a\ncrlfile r",
  );
  const [{ crl_expired, crl_missing }] = settings.listener;
  assert.deepEqual([crl_expired, crl_missing], ["refuse", "refuse"]);
});

Deno.test("import: of capath, files count that are named for their hash", async () => {
  const conf = "listener 8883\ncertfile c\nkeyfile k\n" +
    "require_certificate true\ncapath @/d";
  const { settings } = await closed(conf, {
    ...{ "d/0a1b2c3d.0": "", "d/0a1b2c3d.1": "", "d/0a1b2c3d.3": "" },
    ...{ "d/ca.pem": "", "d/0a1b2c3d.r0": "", "d/0A1B2C3D.0": "" },
  });
  assert.deepEqual(
    settings.listener[0].ca.map((path) => path.replace(/.*\//, "")),
    ["0a1b2c3d.0", "0a1b2c3d.1"],
  );
  const none = await closed(conf, { "d/ca.pem": "" });
  assert.equal(none.lines.length, 1);
  assert.equal(none.settings.listener[0].client_certificates, "authorized");
});

Deno.test("import: every websockets_origin counts", async () => {
  const { settings } = await imported(
    "listener 9001\nprotocol websockets\nwebsockets_origin https://a.example\n" +
      "websockets_origin https://b.example",
  );
  assert.deepEqual(settings.listener[0].allowed_origins, [
    "https://a.example",
    "https://b.example",
  ]);
});

Deno.test("import: options of Mosquitto 2.1 that nothing here needs are known", async () => {
  const { lost } = await imported(
    "retain_expiry_interval 1d\npacket_buffer_size 1\nconnection_messages false",
  );
  assert.deepEqual(lost, []);
});

for (const option of ["auth_opt", "plugin_opt"]) {
  Deno.test(`import: back ends of mosquitto-go-auth are asked in order (${option}_)`, async () => {
    const go = (backends: string) =>
      "listener 1990\nplugin /go-auth.so\n" +
      [
        `backends ${backends}`,
        ...["files_password_path p", "files_acl_path @/acl", "jwt_mode remote"],
        ...["http_host h", "http_port 80", "http_getuser_uri /u"],
        ...["http_aclcheck_uri /a", "disable_superuser true"],
        "http_superuser_uri /s",
      ].map((one) => `${option}_${one}`).join("\n");
    const both = await closed(go("http, files"), { acl: "user a\ntopic b" });
    assert.deepEqual(both.lines, []);
    assert.deepEqual(
      both.settings.auth.map(({ type, acl_url, superuser_url }) => [
        ...[type, acl_url, superuser_url],
      ]),
      [["http", "http://h:80/a", ""], ["password-file", "", ""]],
    );
    assert.match(both.settings.access.acl_file[0], /\/acl$/);
    // Another back end's users are refused, and that is told.
    const jwt = await closed(go("files, jwt"), { acl: "user a\ntopic b" });
    assert.equal(jwt.lines.length, 1);
    assert.deepEqual(jwt.settings.auth.map(({ type }) => type), [
      "password-file",
    ]);
    // There, patterns that deny come before all that allows; here they do not.
    const acl = "user a\ntopic b\npattern deny b";
    const shut = await closed(go("files"), { acl });
    assert.deepEqual(shut.settings.auth.map(({ type }) => type), ["users"]);
  });
}

Deno.test("import: beside other back ends, files without a list allow nothing", async () => {
  const { settings } = await closed(
    "listener 1990\nplugin /go-auth.so\nplugin_opt_backends files, redis\n" +
      "plugin_opt_files_password_path p",
  );
  assert.deepEqual(
    settings.acl.map(({ permission }) => permission),
    ["deny"],
  );
});
