import assert from "node:assert/strict";
import {
  UnwritableFile,
  writeReadyFile,
} from "../../src/cli/console/ready_file.ts";
import { adminReport, startReport } from "../../src/cli/serve/start_report.ts";
import { triedOf } from "../../src/cli/serve/try_lines.ts";
import { completeSettings, loadSettings } from "../../src/config/mod.ts";

/** How a listener is tried that lets everybody in. */
const tried = triedOf(completeSettings(), 0);
const tcp = {
  ...{ name: "tcp", type: "tcp", bind: "127.0.0.1", port: 1883 },
  tried,
};

Deno.test("report: says where, and how to try it", () => {
  const text = startReport({
    version: "1.2.3",
    listeners: [tcp, {
      name: "web",
      type: "websocket",
      bind: "::",
      port: 9001,
      path: "/mqtt",
      tried,
    }],
    storage: "durable, in ~/state/store.kv",
    file: undefined,
    isFilePassedOver: false,
  });
  assert.match(text, /^Dunlin 1\.2\.3 is ready\n/);
  assert.match(text, /tcp +mqtt:\/\/127\.0\.0\.1:1883\n/);
  assert.match(text, /web +ws:\/\/\[::\]:9001\/mqtt\n/);
  assert.match(text, /mosquitto_sub -h 127\.0\.0\.1 -p 1883 /);
  assert.match(text, /storage +durable, in ~\/state\/store\.kv\n/);
  assert.match(text, /settings +defaults\n/);
});

Deno.test("report: names a listener that waits for its address, and tries another", () => {
  const text = startReport({
    version: "1",
    listeners: [
      { ...tcp, name: "vpn", bind: "10.8.0.1", isWaiting: true },
      { ...tcp, port: 1884 },
    ],
    ...{ storage: "memory", isFilePassedOver: false },
  });
  assert.match(text, /vpn +mqtt:\/\/10\.8\.0\.1:1883 .*is not there yet/);
  assert.match(text, /tcp +mqtt:\/\/127\.0\.0\.1:1884\n/);
  assert.match(text, /mosquitto_sub -h 127\.0\.0\.1 -p 1884 /);
});

Deno.test("report: an address for all is tried at localhost", () => {
  const listeners = [{ ...tcp, bind: "0.0.0.0" }];
  const storage = "memory";
  const report = { version: "1", listeners, storage, isFilePassedOver: false };
  assert.match(startReport(report), /mosquitto_sub -h localhost -p 1883 /);
});

Deno.test("report: how to trust a certificate that the broker made, ready to paste", () => {
  const report = (
    type: string,
    isSelfSigned: boolean,
    file: string,
    asksCertificate = false,
  ) =>
    startReport({
      version: "1",
      listeners: [tcp, {
        ...{ name: "secure", type, bind: "::", port: 8883 },
        trust: { file, isSelfSigned },
        asksCertificate,
        tried,
      }],
      storage: "memory",
      file: "my dunlin.toml",
      isFilePassedOver: false,
    });
  assert.match(
    report("tls", false, "/home/a b/it's/ca.crt"),
    /secure is from the broker's own authority.*\n {2}mosquitto_sub --cafile '\/home\/a b\/it'\\''s\/ca\.crt' -h localhost -p 8883 -t hello\n/,
  );
  assert.match(
    report("tls", true, "/x/server.crt"),
    /secure is signed by itself.*\n {2}mosquitto_sub --cafile \/x\/server\.crt /,
  );
  assert.match(
    report("wss", false, "/x/ca.crt"),
    /by this file:\n {2}\/x\/ca\.crt\n/,
  );
  // Without a certificate the line would only be refused.
  const asking = report("tls", false, "/x/ca.crt", true);
  assert.match(asking, /dunlin cert issue NAME --config 'my dunlin\.toml' /);
  assert.doesNotMatch(asking, /--cafile/);
});

/** The lines to try the first listener of a file, without the rest. */
async function linesFor(text: string): Promise<string[]> {
  const settings = await loadSettings({ file: { name: "d.toml", text } });
  const { name, type, bind, port } = settings.listener[0];
  const made = { file: "/x/ca.crt", isSelfSigned: false };
  const report = startReport({
    version: "1",
    listeners: [{
      ...{ name, type, bind, port, tried: triedOf(settings, 0) },
      trust: type === "tls" ? made : undefined,
    }],
    storage: "memory",
    isFilePassedOver: false,
  });
  return report.split("\n").filter((line) =>
    /^Try it|like this|mosquitto/.test(line)
  ).map((line) => line.replace(/^The cert.*(like this)/, "$1").trim());
}

Deno.test("report: what is pasted has what the broker asks for", async () => {
  const users =
    '[[auth]]\ntype = "users"\n[[user]]\nname = "a"\npassword = "b"\n';
  const rule = '[[acl]]\ntopic = "a/#"\n';
  assert.deepEqual(await linesFor(users), [
    "Try it with NAME and PASSWORD of yours, each line in a terminal of its own:",
    "mosquitto_sub -h 127.0.0.1 -p 1883 -u NAME -P PASSWORD -t hello",
    "mosquitto_pub -h 127.0.0.1 -p 1883 -u NAME -P PASSWORD -t hello -m world",
  ]);
  assert.deepEqual(await linesFor(rule), [
    "Try it with a TOPIC of yours, each line in a terminal of its own:",
    "mosquitto_sub -h 127.0.0.1 -p 1883 -t TOPIC",
    "mosquitto_pub -h 127.0.0.1 -p 1883 -t TOPIC -m world",
  ]);
  const tls = '[[listener]]\ntype = "tls"\nversions = ["5.0"]\n';
  const where = "--cafile /x/ca.crt -h 127.0.0.1 -p 8883 -V mqttv5 " +
    "-u NAME -P PASSWORD -t TOPIC";
  assert.deepEqual(await linesFor(tls + users + rule), [
    "like this with NAME, PASSWORD and TOPIC of yours:",
    `mosquitto_sub ${where}`,
    `mosquitto_pub ${where} -m world`,
  ]);
});

Deno.test("report: nothing to paste where it would be refused", async () => {
  const refusing = [
    "[[listener]]\nallow_anonymous = false",
    '[[listener]]\nallowed_networks = ["10.0.0.0/8"]',
    '[[listener]]\nproxy_protocol = true\ntrusted_proxies = ["10.0.0.1"]',
    '[[auth]]\ntype = "scram"\nfile = "passwd"',
    '[[listener]]\nname = "a"\n[[listener]]\nname = "b"\nport = 1\n' +
    '[[auth]]\ntype = "password-file"\nfile = "passwd"\nlistener = ["b"]',
  ];
  for (const text of refusing) assert.deepEqual(await linesFor(text), [], text);
  const anonymous = [
    '[[auth]]\ntype = "anonymous"',
    '[[listener]]\nallow_anonymous = true\n[[auth]]\ntype = "scram"\nfile = "p"',
  ];
  for (const text of anonymous) {
    const [, line] = await linesFor(text);
    assert.equal(line, "mosquitto_sub -h 127.0.0.1 -p 1883 -t hello");
  }
});

Deno.test("report: a dunlin.toml that nobody named is told to be unread", () => {
  const report = {
    version: "1",
    listeners: [tcp],
    storage: "memory",
    isFilePassedOver: true,
  };
  assert.match(startReport(report), /\.\/dunlin\.toml is not read/);
  assert.match(startReport({ ...report, file: "x.toml" }), / x\.toml\n/);
});

Deno.test("ready file: whole, with nothing left beside it", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const path = `${directory}/ready.json`;
    await Deno.writeTextFile(path, "from the last time");
    const readiness = { pid: 42, listeners: [tcp] };
    await writeReadyFile(path, readiness);
    assert.deepEqual(JSON.parse(await Deno.readTextFile(path)), readiness);
    assert.deepEqual([...Deno.readDirSync(directory)].length, 1);
    await assert.rejects(
      writeReadyFile(directory, readiness),
      UnwritableFile,
    );
    assert.deepEqual([...Deno.readDirSync(directory)].length, 1);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("report: says where the admin page is, and how its first user logs in", () => {
  const first = { user: "admin", password: "pass-word", link: "secret" };
  const admin = { bind: "::", port: 8088, isTls: true, trustFile: "/ca.crt" };
  const report = {
    version: "1",
    listeners: [tcp],
    storage: "memory",
    isFilePassedOver: false,
  };
  const text = startReport({ ...report, admin: { ...admin, first } });
  assert.match(
    text,
    /^ {2}admin {6}https:\/\/localhost:8088\/ {2}\(trusted by \/ca\.crt\)$/m,
  );
  assert.match(text, /^ {2}https:\/\/localhost:8088\/login\?link=secret$/m);
  assert.match(text, /^ {2}user admin, password pass-word$/m);
  const again = startReport({ ...report, admin: { ...admin, first: null } });
  assert.doesNotMatch(again, /login|password/);
  assert.match(
    adminReport({ ...admin, first }),
    /^ {2}admin +https:.*\n[^]*password pass-word\n\n$/,
  );
  assert.doesNotMatch(startReport(report), /admin/);
});
