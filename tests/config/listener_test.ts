import assert from "node:assert/strict";
import {
  authorityPath,
  certificateListPath,
  completeSettings,
  describeProblem,
  loadSettings,
  printSettings,
  type Settings,
  SettingsError,
} from "../../src/config/mod.ts";

function load(text: string): Promise<Settings> {
  return loadSettings({ file: { name: "d.toml", text } });
}

/** What is wrong with one `[[listener]]`, without where it stands. */
async function faults(listener: string): Promise<string[]> {
  try {
    await load(`[[listener]]\n${listener}`);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return error.problems.map(describeProblem)
      .map((text) => text.replace(/^d\.toml:\d+:\d+: listener\.0\.?/, ""));
  }
  return [];
}

const everything = `
[[listener]]
type = "tls"
cert = "/etc/a.pem"
key = "/etc/a.key"
key_password = "secret"
ca = "/etc/one.pem"
min_tls = "1.3"
client_certificates = "authorized"
trust_system_roots = true
remember_unknown = true
username_from = "san-dns"
crl = ["/etc/a.crl", "/etc/b.crl"]
crl_expired = "refuse"
crl_missing = "refuse"
handshake_timeout = "3s"
max_handshakes = 7
proxy_protocol = true
trusted_proxies = ["10.0.0.0/8", "::1"]
allowed_networks = ["192.0.2.7"]
mount_point = "site-a/"
[[listener.certificate]]
cert = "/etc/b.pem"
key = "/etc/b.key"
[[listener]]
type = "tls"
port = 1
one_port = true
path = "/ws"
allowed_origins = ["https://example.org"]
[[listener]]
type = "unix"
socket = "/tmp/d.sock"
socket_mode = "0600"
[[listener]]
type = "wss"
`;

Deno.test("listener: all that TLS, proxies and socket files may say", async () => {
  const { listener } = await load(everything);
  const [tls, one, unix, wss] = listener;
  assert.deepEqual(
    listener.map(({ name, port }) => [name, port]),
    [["tls", 8883], ["tls-2", 1], ["unix", 0], ["wss", 9003]],
  );
  assert.deepEqual(tls.ca, ["/etc/one.pem"]);
  assert.deepEqual(tls.certificate, [
    {
      cert: "/etc/b.pem",
      key: "/etc/b.key",
      key_password: "",
      key_password_file: "",
    },
  ]);
  assert.deepEqual(
    [tls.min_tls, tls.client_certificates, tls.username_from, tls.crl],
    ["1.3", "authorized", "san-dns", ["/etc/a.crl", "/etc/b.crl"]],
  );
  assert.deepEqual([tls.handshake_timeout, tls.max_handshakes], [3000, 7]);
  assert.deepEqual(tls.trusted_proxies, ["10.0.0.0/8", "::1"]);
  assert.deepEqual([one.one_port, one.path], [true, "/ws"]);
  assert.deepEqual([unix.socket, unix.socket_mode], ["/tmp/d.sock", 0o600]);
  assert.equal(wss.cert, "");
});

Deno.test("listener: printed, they give the same again, but no password", async () => {
  const settings = await load(everything);
  const printed = printSettings(settings);
  assert.doesNotMatch(printed, /secret/);
  const again = await load(printed.replace("(hidden)", "secret"));
  assert.deepEqual(again, settings);
});

Deno.test("listener: a password may stand in a file of its own", async () => {
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(file, "open sesame\n");
    const pair = `cert = "a"\nkey = "b"\nkey_password = "file:${file}"\n`;
    const { listener } = await load(
      `[[listener]]\ntype = "tls"\n${pair}[[listener.certificate]]\n${pair}`,
    );
    assert.equal(listener[0].key_password, "open sesame");
    assert.equal(listener[0].certificate[0].key_password, "open sesame");
  } finally {
    await Deno.remove(file);
  }
});

const wrong: readonly [listener: string, fault: RegExp][] = [
  [
    `cert = "a"`,
    /^cert: only a listener of type "tls" or "wss" has this setting/,
  ],
  [`type = "tls"\ncert = "a"`, /^cert: its key is missing/],
  [`type = "wss"\nkey = "a"`, /^key: its certificate is missing/],
  [`type = "tls"\nkey_password = "a"`, /^key_password: no key is given/],
  [
    `type = "tls"\ncert = "a"\nkey = "b"\nkey_password = "x"\nkey_password_file = "y"`,
    /^key_password_file: key_password is also given/,
  ],
  [
    `type = "tls"\n[[listener.certificate]]\ncert = "a"`,
    /^certificate\.0\.cert: its key is missing/,
  ],
  [
    `type = "tls"\n[[listener.certificate]]`,
    /^certificate\.0\.cert: this certificate names no file/,
  ],
  [
    `type = "tls"\n[[listener.certificate]]\ncrt = "a"`,
    /^certificate\.0\.crt: there is no such setting: did you mean cert\?/,
  ],
  [
    `type = "tls"\nca = "a"`,
    /^ca: clients are asked for no certificate: give client_certificates/,
  ],
  [`type = "tls"\nusername_from = "cn"`, /^username_from: clients are asked/],
  [
    `type = "tls"\nclient_certificates = "required"\nremember_unknown = true`,
    /^remember_unknown: this listener uses no list/,
  ],
  [`type = "tls"\nclient_certificates = "any"`, /^client_certificates: "any"/],
  [`type = "websocket"\none_port = true`, /^one_port: only a listener of type/],
  [`type = "unix"\nsocket = "/a"\none_port = true`, /^one_port: only a list/],
  [`type = "unix"`, /^socket: a listener of type "unix" needs it/],
  [`type = "unix"\nsocket = "/a"\nport = 1`, /^port: only a listener of type/],
  [`socket = "/a"`, /^socket: only a listener of type "unix" has this setting/],
  [`type = "unix"\nsocket = "/a"\nsocket_mode = 660`, /^socket_mode: 660 is/],
  [`path = "/ws"`, /^path: only a listener of type "websocket" or "wss"/],
  [
    `proxy_protocol = true`,
    /^proxy_protocol: proxy_protocol needs trusted_proxies/,
  ],
  [`retry = true\nbind = "localhost"`, /^retry: retry waits for an IP address/],
  [`type = "unix"\nsocket = "/a"\nretry = true`, /^retry: only a listener of/],
  [`proxy_username = true`, /^proxy_username: it needs a PROXY header/],
  [`proxy_client_tls = "tls"`, /^proxy_client_tls: it needs a PROXY header/],
  [
    `type = "tls"\nproxy_username = true`,
    /^proxy_username: only a listener of type "tcp" or "websocket"/,
  ],
  [`proxy_client_tls = true`, /^proxy_client_tls: true is not/],
  [
    `trusted_proxies = ["::1"]`,
    /^trusted_proxies: this listener reads no address/,
  ],
  [`allowed_networks = ["10.0.0.1/8"]`, /^allowed_networks: "10.0.0.1\/8" is/],
  [
    `mount_point = "a"`,
    /^mount_point: "a" is not allowed.* a slash at the end/,
  ],
  [`mount_point = "$SYS/"`, /^mount_point: /],
  [`mount_point = "+/"`, /^mount_point: /],
  [`type = "tls"\nbind = "::"`, /^bind: other machines can reach ::/],
  [
    `type = "tls"\nbind = "::"\nclient_certificates = "optional"`,
    /^bind: other machines can reach ::/,
  ],
];
for (const [listener, fault] of wrong) {
  const name = listener.replaceAll("\n", ", ");
  Deno.test(`listener: ${name} is a mistake`, async () => {
    const [first, ...others] = await faults(listener);
    assert.match(first ?? "", fault);
    assert.deepEqual(others, []);
  });
}

Deno.test("listener: whom certificates are asked of may be anywhere", async () => {
  for (const mode of ["required", "authorized", "authorized-any-issuer"]) {
    const listener =
      `type = "tls"\nbind = "::"\nclient_certificates = "${mode}"`;
    assert.deepEqual(await faults(listener), []);
  }
});

Deno.test("listener: two with one socket file", async () => {
  const one = `[[listener]]\ntype = "unix"\nsocket = "/a"\n`;
  await assert.rejects(
    load(one + one),
    /socket: the listener unix already has/,
  );
});

Deno.test("listener: the authority is beside the store unless it is named", () => {
  const beside = completeSettings({ storage: { path: "/var/d/my.kv" } });
  assert.equal(authorityPath(beside, {}), "/var/d/authority");
  assert.equal(
    certificateListPath(beside, {}),
    "/var/d/authority/certificates.json",
  );
  const usual = completeSettings({ authority: { list: "/etc/list.json" } });
  const environment = { XDG_STATE_HOME: "/x" };
  assert.equal(authorityPath(usual, environment), "/x/dunlin/authority");
  assert.equal(certificateListPath(usual, environment), "/etc/list.json");
  const named = completeSettings({ authority: { path: "/etc/ca" } });
  assert.equal(
    certificateListPath(named, environment),
    "/etc/ca/certificates.json",
  );
});
