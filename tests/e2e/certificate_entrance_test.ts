import assert from "node:assert/strict";
import { readToEnd } from "../support/listening.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { CLIENT, type Made, SERVER, Workshop } from "../support/workshop.ts";
import { CertificateBroker } from "./certificate_broker.ts";
import { putOnList } from "./certificate_list.ts";
import { opensslEnters } from "./openssl_client.ts";
import { opensslProgram, testWith } from "./programs.ts";

const programs = [opensslProgram];

function showing({ cert, key }: Made): string[] {
  return ["-cert", cert, "-key", key];
}

testWith(
  programs,
  "who has just been put on the list comes in, before any event or timer",
  async () => {
    await using workshop = await Workshop.open();
    const ca = await workshop.authority("ca");
    const server = await ca.issue("server", { extensions: SERVER });
    const device = await ca.issue("device", { extensions: CLIENT });
    await using broker = await CertificateBroker.start(
      workshop,
      {
        tls: {
          ...{ ...server, ca: [ca.files.cert] },
          client_certificates: "authorized",
        },
      },
      // Its time stands still: nothing is looked at for having been waited for.
      { clock: new ManualClock(Date.now()) },
    );
    const enters = () => opensslEnters(broker.port("tls"), showing(device));
    assert.ok(!await enters());
    await putOnList(workshop, device, "authorized");
    assert.ok(await enters());
    await putOnList(workshop, device, "revoked");
    await broker.reload();
    assert.ok(!await enters());
    await putOnList(workshop, device, "authorized");
    assert.ok(await enters());
  },
);

/** The first line that an opening handshake is answered with. */
async function upgradeAnswer(
  port: number,
  ca: string,
  shown: Made | null,
): Promise<string> {
  const read = (file: string) => Deno.readTextFile(file);
  const pair = shown === null
    ? {}
    : { cert: await read(shown.cert), key: await read(shown.key) };
  const conn = await Deno.connectTls({
    ...{ hostname: "127.0.0.1", port, caCerts: [await read(ca)] },
    ...pair,
  });
  const request = "GET /mqtt HTTP/1.1\r\nHost: here\r\n" +
    "Connection: Upgrade\r\nUpgrade: websocket\r\n" +
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: mqtt\r\n" +
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
  // What is no MQTT behind it makes the broker end it.
  await conn.write(new TextEncoder().encode(`${request}xx`));
  const answer = new TextDecoder("latin1").decode(await readToEnd(conn));
  try {
    conn.close();
  } catch {
    // It has failed, and is closed by that.
  }
  return answer.split("\r\n").filter((line) => /^(HTTP|This|A )/.test(line))
    .join(" ").trim();
}

testWith(
  programs,
  "a WebSocket is not opened for a certificate that is refused",
  async () => {
    await using workshop = await Workshop.open();
    const ca = await workshop.authority("ca");
    const server = await ca.issue("server", { extensions: SERVER });
    const friend = await ca.issue("friend", { extensions: CLIENT });
    const stranger = await workshop.selfSigned("stranger");
    const all = {
      ...{ ...server, ca: [ca.files.cert] },
      client_certificates: "required",
    } as const;
    await using broker = await CertificateBroker.start(workshop, {
      wss: { ...all, type: "wss" },
      one: { ...all, one_port: true },
    });
    for (const listener of ["wss", "one"]) {
      const port = broker.port(listener);
      const answer = (shown: Made | null) =>
        upgradeAnswer(port, ca.files.cert, shown);
      const why = async () => await broker.closed.next();
      assert.match(await answer(friend), /^HTTP\/1\.1 101 /);
      assert.notEqual(await why(), "certificate-refused");
      assert.equal(
        await answer(stranger),
        "HTTP/1.1 403 Forbidden This client certificate is not authorized here.",
      );
      assert.equal(await why(), "certificate-refused");
      assert.equal(
        await answer(null),
        "HTTP/1.1 403 Forbidden A client certificate is needed here.",
      );
      assert.equal(await why(), "certificate-refused");
    }
  },
);

testWith(
  programs,
  "a revocation list that is out of date warns, or refuses until there is a new one",
  async () => {
    const HOUR = 3_600_000;
    await using workshop = await Workshop.open();
    const ca = await workshop.authority("ca");
    const server = await ca.issue("server", { extensions: SERVER });
    const friend = await ca.issue("friend", { extensions: CLIENT });
    const crl = workshop.path("ca.crl");
    await ca.list(crl, 1.5 / 24);
    const clock = new ManualClock(Date.now());
    const listener = {
      ...{ ...server, ca: [ca.files.cert], crl: [crl] },
      client_certificates: "required",
    } as const;
    await using broker = await CertificateBroker.start(workshop, {
      warn: { ...listener, crl_expired: "warn" },
      refuse: { ...listener, crl_expired: "refuse" },
    }, { clock });
    const enters = async () => [
      await opensslEnters(broker.port("warn"), showing(friend)),
      await opensslEnters(broker.port("refuse"), showing(friend)),
    ];
    assert.deepEqual(await enters(), [true, true]);
    clock.advance(HOUR);
    await broker.reload();
    assert.equal(broker.told.size, 0, "it is looked at, and still good");
    clock.advance(HOUR);
    assert.match(
      await broker.told.next(),
      /^listener warn: .*ca\.crl has expired.* it still counts/,
    );
    assert.match(
      await broker.told.next(),
      /^listener refuse: .*ca\.crl has expired.* refused until then/,
    );
    assert.deepEqual(await enters(), [true, false]);
    assert.match(await broker.told.next(), /revocation list .* has expired/);
    await ca.list(crl, 30);
    await broker.reload();
    assert.deepEqual(await enters(), [true, true]);
    assert.equal(broker.told.size, 0);
  },
);
