import assert from "node:assert/strict";
import { connect } from "node:tls";
import { readList } from "../../src/security/authority/mod.ts";
import { readCertificate } from "../../src/security/certificates/mod.ts";
import type { Credentials } from "../../src/security/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { BrokerProcess } from "../support/process.ts";
import { settle } from "../support/settle.ts";
import { Inbox, within } from "../support/wait.ts";
import {
  CLIENT,
  derOf,
  type Made,
  SERVER,
  Workshop,
} from "../support/workshop.ts";
import { Certificates } from "../../src/broker/certificates/certificates.ts";
import { injecting } from "../session/injected.ts";
import { CertificateBroker } from "./certificate_broker.ts";
import { putOnList } from "./certificate_list.ts";
import { connectMqttJs } from "./mqttjs_client.ts";
import { opensslEnters } from "./openssl_client.ts";
import { opensslProgram, testWith } from "./programs.ts";

const programs = [opensslProgram];

/** The common name of what is shown to who asks for `servername`. */
async function nameShown(port: number, servername?: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect(
    { port, host: "127.0.0.1", servername, rejectUnauthorized: false },
    () => resolve(`${socket.getPeerCertificate().subject.CN}`),
  );
  socket.on("error", reject);
  try {
    return await within("a handshake", promise);
  } finally {
    socket.destroy();
  }
}

async function put(to: string, from: string): Promise<void> {
  await Deno.copyFile(from, `${to}.new`);
  await Deno.rename(`${to}.new`, to);
}

function showing({ cert, key }: Made): string[] {
  return ["-cert", cert, "-key", key];
}

testWith(
  programs,
  "several certificates on one listener: by name, else the first",
  async () => {
    await using workshop = await Workshop.open();
    const named = (name: string, dns: string) =>
      workshop.selfSigned(name, { extensions: [`subjectAltName=DNS:${dns}`] });
    const first = await named("first", "first.example");
    const second = await named("second", "*.second.example");
    const files = { key_password: "", key_password_file: "" };
    await using broker = await CertificateBroker.start(workshop, {
      tls: { ...first, certificate: [{ ...second, ...files }] },
    });
    const port = broker.port("tls");
    assert.equal(await nameShown(port), "first");
    assert.equal(await nameShown(port, "first.example"), "first");
    assert.equal(await nameShown(port, "A.Second.Example"), "second");
    assert.equal(await nameShown(port, "second.example"), "first");
  },
);

testWith(
  programs,
  "a pair that does not match changes nothing, and the log says why",
  async () => {
    await using workshop = await Workshop.open();
    const used = await workshop.selfSigned("used");
    const next = await workshop.selfSigned("next");
    const clock = new ManualClock(Date.now());
    await using broker = await CertificateBroker.start(
      workshop,
      { tls: used },
      { clock },
    );
    const port = broker.port("tls");
    const cert = await Deno.readTextFile(used.cert);
    await put(used.cert, next.cert);
    await broker.reload();
    await broker.reload();
    const told = await broker.told.next();
    assert.match(told, /^listener tls: .*used\.crt does not belong to the key/);
    assert.match(told, /The certificate in use stays\.$/);
    assert.equal(broker.told.size, 0, "it is told once");
    assert.equal(await nameShown(port), "used");
    await put(used.key, next.key);
    await broker.reload();
    assert.match(
      await broker.noticed.next(),
      /^certificate-renewed: .*used\.crt/,
    );
    assert.equal(await nameShown(port), "next");
    await Deno.writeTextFile(used.cert, cert.slice(0, 80));
    await broker.reload();
    assert.match(await broker.told.next(), /holds no certificate/);
    assert.equal(await nameShown(port), "next");
  },
);

testWith(
  programs,
  "a listener whose certificate cannot be used does not start",
  async () => {
    await using workshop = await Workshop.open();
    const { cert } = await workshop.selfSigned("one");
    const { key } = await workshop.selfSigned("other");
    await assert.rejects(
      CertificateBroker.start(workshop, { tls: { cert, key } }),
      {
        name: "CertificateStartError",
        message:
          /^listener tls: .*one\.crt does not belong to the key .*other\.key/,
      },
    );
    const pair = await workshop.selfSigned("pair");
    await assert.rejects(
      CertificateBroker.start(workshop, {
        tls: { ...pair, client_certificates: "required" },
      }),
      /no client could connect: give ca, or create one with "dunlin ca create"/,
    );
  },
);

testWith(
  programs,
  "without a certificate a listener gets one from the broker's own authority",
  async () => {
    await using workshop = await Workshop.open();
    await using broker = await CertificateBroker.start(workshop, { tls: {} });
    const trust = broker.listeners[0].trust!;
    assert.equal(trust.file, workshop.path("authority/ca.crt"));
    assert.equal(trust.isSelfSigned, false);
    const args = ["-CAfile", trust.file, "-verify_return_error"];
    for (const name of ["localhost", Deno.hostname()]) {
      const verify = [...args, "-verify_hostname", name];
      assert.ok(await opensslEnters(broker.port("tls"), verify), name);
    }
    const wrong = [...args, "-verify_hostname", "elsewhere.example"];
    assert.ok(!await opensslEnters(broker.port("tls"), wrong));
  },
);

testWith(
  programs,
  "an unknown certificate is remembered, and comes in once it is authorized",
  async () => {
    await using workshop = await Workshop.open();
    const server = await workshop.selfSigned("server", { extensions: SERVER });
    const device = await workshop.selfSigned("device");
    const clock = new ManualClock(Date.now());
    await using broker = await CertificateBroker.start(workshop, {
      tls: {
        ...server,
        client_certificates: "authorized-any-issuer",
        remember_unknown: true,
      },
    }, { clock });
    const port = broker.port("tls");
    const { fingerprint } = readCertificate(await derOf(device.cert));
    assert.ok(!await opensslEnters(port, showing(device)));
    assert.match(
      await broker.told.next(),
      new RegExp(`"dunlin cert authorize ${fingerprint}" authorizes it$`),
    );
    const list = workshop.path("authority/certificates.json");
    // Strangers are gathered for a second.
    clock.advance(1_000);
    const written = async () => {
      while (!(await readList(list)).has(fingerprint)) await settle();
    };
    await within("the list", written());
    const entry = (await readList(list)).get(fingerprint)!;
    assert.equal(entry.state, "pending");
    assert.equal(entry.name, "device");
    await putOnList(workshop, device, "authorized");
    await broker.reload();
    assert.ok(await opensslEnters(port, showing(device)));
    await Deno.writeTextFile(list, "{");
    await broker.reload();
    assert.match(
      await broker.told.next(),
      /The files read before stay in force/,
    );
    assert.ok(await opensslEnters(port, showing(device)));
  },
);

testWith(
  programs,
  "the user name of the certificate goes before CONNECT's",
  async () => {
    await using workshop = await Workshop.open();
    const ca = await workshop.authority("ca");
    const server = await ca.issue("server", { extensions: SERVER });
    const pump = await ca.issue("pump", { extensions: CLIENT });
    const nameless = await ca.issue("nameless", {
      subject: "/O=Works",
      extensions: CLIENT,
    });
    const asked: Credentials[] = [];
    await using broker = await CertificateBroker.start(workshop, {
      cn: {
        ...server,
        ca: [ca.files.cert],
        client_certificates: "optional",
        username_from: "cn",
      },
      none: {
        ...server,
        ca: [ca.files.cert],
        client_certificates: "optional",
      },
    }, {
      authenticator: {
        authenticate(credentials) {
          asked.push(credentials);
          const { clientId, username } = credentials;
          return { kind: "allow", identity: { clientId, username } };
        },
        begin: () => null,
      },
    });
    assert.ok(await opensslEnters(broker.port("cn"), showing(pump)));
    assert.ok(await opensslEnters(broker.port("cn"), []));
    assert.ok(await opensslEnters(broker.port("none"), showing(pump)));
    const seen = asked.map(({ username, isCertified, certificate }) => [
      username,
      isCertified,
      certificate?.subject ?? null,
    ]);
    assert.deepEqual(seen, [
      ["pump", true, "CN=pump"],
      [null, false, null],
      [null, false, "CN=pump"],
    ]);
    assert.ok(!await opensslEnters(broker.port("cn"), showing(nameless)));
    assert.match(
      await broker.told.next(),
      /no field that username_from could take/,
    );
  },
);

testWith(
  programs,
  "$SYS tells of the end of a certificate, and its renewal takes that back",
  async () => {
    await using workshop = await Workshop.open();
    const used = await workshop.selfSigned("used", { to: 6 });
    const clock = new ManualClock(Date.now());
    await using broker = await CertificateBroker.start(
      workshop,
      { tls: used },
      { clock, sys: 10_000 },
    );
    assert.match(
      await broker.told.next(),
      /^certificates: .*CN=used of listener tls ends within 7 days, on/,
    );
    const said = new Inbox<string>("a message under $SYS");
    const client = await connectMqttJs(
      `mqtts://127.0.0.1:${broker.port("tls")}`,
      {
        rejectUnauthorized: false,
      },
    );
    client.on("message", (topic, payload) => said.push(`${topic} ${payload}`));
    await client.subscribeAsync([
      "$SYS/broker/alarm/certificates",
      "$SYS/broker/certificates/#",
    ]);
    assert.match(
      await said.next(),
      /^\$SYS\/broker\/alarm\/certificates the certificate CN=used/,
    );
    clock.advance(10_000);
    const days = "$SYS/broker/certificates/tls/days";
    assert.equal(await said.next(), `${days} 5`);
    const next = await workshop.selfSigned("next");
    await put(used.cert, next.cert);
    await put(used.key, next.key);
    await broker.reload();
    assert.equal(await broker.cleared.next(), "certificates");
    assert.equal(await said.next(), "$SYS/broker/alarm/certificates ");
    clock.advance(10_000);
    assert.equal(await said.next(), `${days} 89`);
    await client.endAsync();
  },
);

testWith(
  programs,
  "SIGHUP reads certificates again",
  async () => {
    await using workshop = await Workshop.open();
    const used = await workshop.selfSigned("used");
    const next = await workshop.selfSigned("next");
    await using broker = await BrokerProcess.start({
      config: `[[listener]]
type = "tls"
port = 0
cert = "${used.cert}"
key = "${used.key}"
`,
    });
    const port = broker.port();
    assert.equal(await nameShown(port), "used");
    await put(used.cert, next.cert);
    await put(used.key, next.key);
    broker.signal("SIGHUP");
    const renewed = async () => {
      while (await nameShown(port) !== "next");
    };
    await within("the new certificate", renewed());
    broker.signal("SIGTERM");
    const { code } = await broker.ended;
    assert.equal(code, 0);
  },
);

testWith(
  programs,
  "authorities that the system trusts issue client certificates where that is said",
  async () => {
    await using workshop = await Workshop.open();
    const ca = await workshop.authority("ca");
    const other = await workshop.authority("other");
    const server = await workshop.selfSigned("server");
    const friend = await other.issue("friend", { extensions: CLIENT });
    const listener = (name: string, trust: boolean) =>
      `[[listener]]
name = "${name}"
type = "tls"
port = 0
cert = "${server.cert}"
key = "${server.key}"
ca = "${ca.files.cert}"
client_certificates = "required"
trust_system_roots = ${trust}
`;
    await using broker = await BrokerProcess.start({
      config: listener("system", true) + listener("own", false),
      // Where this file is named, it is what the system trusts.
      env: { SSL_CERT_FILE: other.files.cert },
    });
    assert.ok(await opensslEnters(broker.port("system"), showing(friend)));
    assert.ok(!await opensslEnters(broker.port("own"), showing(friend)));
  },
);

testWith(
  programs,
  "a connection whose certificate cannot be judged gives its place to the next",
  async () => {
    await using workshop = await Workshop.open();
    const server = await workshop.selfSigned("server");
    await using broker = await CertificateBroker.start(workshop, {
      tls: { ...server, max_connections: 1 },
    });
    const port = broker.port("tls");
    let judged = 0;
    await injecting(
      Certificates.prototype,
      "judge",
      () => ++judged === 1,
      async () => {
        assert.equal(await opensslEnters(port, []), false);
        assert.equal(await opensslEnters(port, []), true);
      },
    );
    assert.equal(await broker.closed.next(), "broken");
  },
);

testWith(
  programs,
  "a machine without a date shows a certificate for all dates, and another one ten seconds after it has one",
  async () => {
    await using workshop = await Workshop.open();
    const clock = new ManualClock(86_400_000);
    await using broker = await CertificateBroker.start(
      workshop,
      { tls: {} },
      { clock },
    );
    const port = broker.port("tls");
    const args = [
      ...["-CAfile", broker.listeners[0].trust!.file],
      ...["-verify_return_error", "-verify_hostname", "localhost"],
    ];
    assert.ok(await opensslEnters(port, args), "the client knows the date");
    clock.step(Date.now() - clock.date());
    clock.advance(10_000);
    assert.match(
      await broker.noticed.next(),
      /^calendar-set: .*the calendar was set forward by \d{10} s, or the machine/,
    );
    assert.match(await broker.noticed.next(), /^certificate-renewed: /);
    assert.ok(await opensslEnters(port, args));
  },
);
