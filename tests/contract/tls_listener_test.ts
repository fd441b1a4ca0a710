import assert from "node:assert/strict";
import type { ListenerSettings } from "../../src/config/mod.ts";
import {
  ListenError,
  type PeerCertificate,
  type RefusedError,
} from "../../src/transport/mod.ts";
import {
  connectTo,
  openListener,
  type OpenOptions,
  readToEnd,
} from "../support/listening.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { makeTlsPems, type Pem } from "../support/tls_pems.ts";
import { openssl } from "../support/workshop.ts";
import { pattern, readExactly, writeAll } from "./transport_contract.ts";
import { TestWebSocketClient } from "./transport_contract_websocket_client.ts";

const pems = await makeTlsPems();
const usual: OpenOptions = { choose: () => pems.server, ca: [pems.ca] };
const mutual: Partial<ListenerSettings> = {
  type: "tls",
  client_certificates: "optional",
};

/** Two ways to the same TLS: on the system's sockets, and on a stream. */
const ways: [way: string, said: Partial<ListenerSettings>][] = [
  ["own port", {}],
  ["one port", { one_port: true }],
];

/** What the listener learns of a client that shows `pem`. */
async function shownBy(
  said: Partial<ListenerSettings>,
  pem: Pem | undefined,
): Promise<PeerCertificate | null | undefined> {
  const opened = await openListener({ ...mutual, ...said }, usual);
  const { port } = opened.listener.address;
  const conn = await Deno.connectTls({
    hostname: "127.0.0.1",
    port,
    caCerts: [pems.ca],
    ...pem,
  });
  await writeAll(conn, new Uint8Array([0x10]));
  const { certificate, stream } = await opened.next();
  stream.close();
  await readToEnd(conn);
  conn.close();
  opened.listener.close();
  return certificate;
}

function derOf(pem: string): Uint8Array {
  return Uint8Array.fromBase64(pem.replaceAll(/-----[^-]+-----|\s/g, ""));
}

for (const [way, said] of ways) {
  Deno.test(`tls-listener ${way}: the client's certificate, and whether it is trusted`, async () => {
    const trusted = await shownBy(said, pems.client);
    assert.deepEqual(trusted?.der, derOf(pems.client.cert));
    assert.equal(trusted.trustError, null);
    const stranger = await shownBy(said, pems.stranger);
    assert.deepEqual(stranger?.der, derOf(pems.stranger.cert));
    assert.match(stranger.trustError ?? "", /./);
    assert.equal(await shownBy(said, undefined), null);
    const unasked = { ...said, client_certificates: "off" } as const;
    assert.equal(await shownBy(unasked, pems.client), null);
  });

  Deno.test(`tls-listener ${way}: what is shown is chosen at every handshake`, async () => {
    const asked: (string | null)[] = [];
    let identity = pems.server;
    const choose = (name: string | null) => {
      asked.push(name);
      return identity;
    };
    const opened = await openListener({ type: "tls", ...said }, { choose });
    const { port } = opened.listener.address;
    const connect = async (hostname: string) => {
      const caCerts = [pems.ca, pems.stranger.cert];
      const conn = await Deno.connectTls({ hostname, port, caCerts });
      await writeAll(conn, new Uint8Array([0x10]));
      const { stream, serverName } = await opened.next();
      await readExactly(stream, 1);
      return { conn, stream, serverName };
    };
    const named = await connect("localhost");
    const unnamed = await connect("127.0.0.1");
    assert.deepEqual(asked, ["localhost", null]);
    assert.deepEqual(
      [named.serverName, unnamed.serverName],
      ["localhost", undefined],
    );
    // Another certificate from now on, which is not for this name.
    identity = pems.client;
    await assert.rejects(
      connect("localhost"),
      /does not allow extended key usage/,
    );
    await opened.nextRefusal();
    // Those who are there stay.
    for (const { conn, stream } of [named, unnamed]) {
      await writeAll(stream, new Uint8Array([1, 2]));
      assert.deepEqual([...await readExactly(conn, 2)], [1, 2]);
      stream.close();
      conn.close();
    }
    opened.listener.close();
  });

  Deno.test(`tls-listener ${way}: an older TLS than min_tls`, async () => {
    const speak = async (min_tls: "1.2" | "1.3") => {
      const opened = await openListener(
        { type: "tls", min_tls, ...said },
        usual,
      );
      const { port } = opened.listener.address;
      const client = new Deno.Command("openssl", {
        args: [
          "s_client",
          "-connect",
          `127.0.0.1:${port}`,
          "-tls1_2",
          "-quiet",
        ],
        stdin: "piped",
        stdout: "null",
        stderr: "piped",
      }).spawn();
      const writer = client.stdin.getWriter();
      await writer.write(new Uint8Array([0x10])).catch(() => {});
      const outcome = await Promise.race([
        opened.next().then(({ stream }) => {
          stream.close();
          return "served";
        }),
        opened.nextRefusal().then(({ reason, error }) => {
          assert.match(error.message, /speaks TLS 1\.2 at most, and min_tls/);
          return reason;
        }),
      ]);
      await writer.close().catch(() => {});
      const { stderr } = await client.output();
      opened.listener.close();
      const heard = new TextDecoder().decode(stderr);
      return [outcome, heard.includes("alert protocol version")];
    };
    assert.deepEqual(await speak("1.2"), ["served", false]);
    assert.deepEqual(await speak("1.3"), ["tls-handshake", true]);
  });

  Deno.test(`tls-listener ${way}: what a client offers too little of is named`, async () => {
    const opened = await openListener({ type: "tls", ...said }, usual);
    const offers: [offer: string[], words: RegExp][] = [
      [["-cipher", "ECDHE-ECDSA-AES256-SHA"], /no cipher suite in common/],
      [["-groups", "P-521"], /no key exchange in common/],
      [["-sigalgs", "rsa_pss_rsae_sha256"], /no (cipher suite|signature) in/],
    ];
    for (const [offer, words] of offers) {
      const client = new Deno.Command("openssl", {
        args: ["s_client", "-tls1_2", ...offer].concat(
          ["-connect", `127.0.0.1:${opened.listener.address.port}`],
        ),
        ...{ stdin: "null", stdout: "null", stderr: "null" },
      }).spawn();
      const { error } = await opened.nextRefusal();
      assert.match(error.message, words);
      assert.equal((error as RefusedError).fault, null, offer.join(" "));
      await client.status;
    }
    opened.listener.close();
  });

  Deno.test(`tls-listener ${way}: nothing to show is told and ends the handshake`, async () => {
    const opened = await openListener({ type: "tls", ...said });
    const { port } = opened.listener.address;
    const conn = await Deno.connectTls({ hostname: "localhost", port });
    await assert.rejects(conn.handshake());
    conn.close();
    const { reason, error } = await opened.nextRefusal();
    assert.equal(reason, "tls-handshake");
    assert.match(error.message, /there is no certificate/);
    opened.listener.close();
  });

  Deno.test(`tls-listener ${way}: a peer that leaves within its handshake is done with at once`, async () => {
    const clock = new ManualClock();
    const opened = await openListener({ type: "tls", ...said }, {
      ...usual,
      clock,
    });
    for (const bytes of [[], [0x16, 3, 1, 2, 0]]) {
      const conn = await connectTo(opened);
      await writeAll(conn, new Uint8Array(bytes));
      conn.close();
      // No time passes: it is not the timeout that ends it.
      const { reason } = await opened.nextRefusal();
      assert.ok(["tls-handshake", "broken"].includes(reason), reason);
    }
    opened.listener.close();
  });

  Deno.test(`tls-listener ${way}: what comes with the last word of the handshake is not lost`, async () => {
    const opened = await openListener({ type: "tls", ...said }, usual);
    const { hostname, port } = opened.listener.address;
    const sent = pattern(5000).fill(0x10, 0, 1);
    for (let round = 0; round < 20; round++) {
      const raw = await Deno.connect({ hostname, port });
      raw.setNoDelay(true);
      const caCerts = [pems.ca];
      const conn = await Deno.startTls(raw, { hostname: "localhost", caCerts });
      const writing = writeAll(conn, sent);
      const { stream } = await opened.next();
      assert.deepEqual(await readExactly(stream, sent.length), sent);
      await writing;
      stream.close();
      conn.close();
    }
    opened.listener.close();
  });

  Deno.test(`tls-listener ${way}: ALPN mqtt and AWS's name for it, nothing else`, async () => {
    const opened = await openListener({ type: "tls", ...said }, usual);
    const { hostname, port } = opened.listener.address;
    const ask = async (alpnProtocols: string[]) => {
      const raw = await Deno.connect({ hostname, port });
      const conn = await Deno.startTls(raw, {
        hostname: "localhost",
        caCerts: [pems.ca],
        alpnProtocols,
      });
      const { alpnProtocol } = await conn.handshake();
      await writeAll(conn, new Uint8Array([0x10]));
      (await opened.next()).stream.close();
      await readToEnd(conn);
      conn.close();
      return alpnProtocol;
    };
    const aws = "x-amzn-mqtt-ca";
    assert.equal(await ask(["h3", "mqtt"]), "mqtt");
    assert.equal(await ask([aws]), aws);
    assert.equal(await ask(["h3", aws]), aws);
    assert.equal(await ask([aws, "mqtt"]), "mqtt");
    assert.equal(await ask([]), null);
    for (const other of ["h3", "MQTT", "x-amzn-http-ca"]) {
      await assert.rejects(ask([other]));
      const { reason, error } = await opened.nextRefusal();
      assert.equal(reason, "tls-handshake");
      assert.match(error.message, /offers by ALPN none of mqtt, x-amzn/);
    }
    opened.listener.close();
  });
}

Deno.test("tls-listener: ALPN http/1.1 for WebSocket, not mqtt", async () => {
  const opened = await openListener({ type: "wss" }, usual);
  const { hostname, port } = opened.listener.address;
  const ask = async (alpnProtocols: string[]) => {
    const raw = await Deno.connect({ hostname, port });
    const conn = await Deno.startTls(raw, {
      ...{ hostname: "localhost", caCerts: [pems.ca], alpnProtocols },
    });
    const { alpnProtocol } = await conn.handshake();
    await TestWebSocketClient.open(conn);
    (await opened.next()).stream.close();
    conn.close();
    return alpnProtocol;
  };
  assert.equal(await ask(["h2", "http/1.1"]), "http/1.1");
  assert.equal(await ask([]), null);
  for (const other of ["mqtt", "x-amzn-mqtt-ca", "h2"]) {
    await assert.rejects(ask([other]));
    const { error } = await opened.nextRefusal();
    assert.match(error.message, /offers by ALPN none of http\/1\.1$/);
  }
  opened.listener.close();
});

Deno.test("tls-listener: what is no TLS", async () => {
  const opened = await openListener({ type: "tls" }, usual);
  const says = ["GET / HTTP/1.1\r\n\r\n", "\x10\x0c\0\x04MQTT\x04\x02\0\0\0\0"];
  for (const text of says) {
    const conn = await connectTo(opened);
    await writeAll(conn, new TextEncoder().encode(text));
    const { reason, peer, error } = await opened.nextRefusal();
    assert.equal(reason, "tls-handshake");
    assert.equal(peer.hostname, "127.0.0.1");
    assert.match(error.message, /^no TLS handshake: /);
    await readToEnd(conn);
    conn.close();
  }
  assert.deepEqual(opened.troubles, []);
  opened.listener.close();
});

Deno.test("tls-listener: one port tells three protocols apart, and refuses a fourth", async () => {
  const opened = await openListener({ type: "tls", one_port: true }, usual);
  for (const first of [[0], [0x20], [0x50, 2, 0, 1], [0x80]]) {
    const conn = await connectTo(opened);
    await writeAll(conn, new Uint8Array(first));
    assert.equal((await opened.nextRefusal()).reason, "unknown-protocol");
    await readToEnd(conn);
    conn.close();
  }
  // TLS within TLS.
  const { port } = opened.listener.address;
  const conn = await Deno.connectTls({
    hostname: "localhost",
    port,
    caCerts: [pems.ca],
  });
  await writeAll(conn, new Uint8Array([0x16, 3]));
  assert.equal((await opened.nextRefusal()).reason, "unknown-protocol");
  await readToEnd(conn);
  conn.close();
  opened.listener.close();
});

Deno.test("tls-listener: without certificates one port is MQTT and WebSocket", async () => {
  const opened = await openListener({ type: "tcp", one_port: true });
  const plain = await connectTo(opened);
  await writeAll(plain, new Uint8Array([0x10]));
  const { stream } = await opened.next();
  assert.deepEqual([...await readExactly(stream, 1)], [0x10]);
  const web = await TestWebSocketClient.open(await connectTo(opened));
  const second = await opened.next();
  const secured = await connectTo(opened);
  await writeAll(secured, new Uint8Array([0x16, 3, 1]));
  assert.equal((await opened.nextRefusal()).reason, "unknown-protocol");
  for (const one of [stream, second.stream, web, plain, secured]) one.close();
  opened.listener.close();
});

Deno.test("tls-listener: allowed_networks come before the handshake", async () => {
  for (const type of ["tls", "wss", "tcp", "websocket"] as const) {
    const allowed_networks = ["192.0.2.0/24", "2001:db8::/32"];
    const opened = await openListener({ type, allowed_networks }, usual);
    const conn = await connectTo(opened);
    const { reason, error } = await opened.nextRefusal();
    assert.equal(reason, "network-refused");
    assert.match(error.message, /127\.0\.0\.1 is in none of allowed_networks/);
    await readToEnd(conn);
    conn.close();
    opened.listener.close();
  }
});

Deno.test("tls-listener: who is in one of allowed_networks comes in", async () => {
  const allowed_networks = ["192.0.2.0/24", "127.0.0.0/8"];
  const opened = await openListener({ type: "tcp", allowed_networks });
  const conn = await connectTo(opened);
  (await opened.next()).stream.close();
  await readToEnd(conn);
  conn.close();
  opened.listener.close();
});

Deno.test("tls-listener: an address that cannot be listened on", async () => {
  const taken = await openListener({ type: "tls" }, usual);
  const { port } = taken.listener.address;
  const failures: [string, number, string][] = [
    ["127.0.0.1", port, "address-in-use"],
    ["192.0.2.1", 0, "address-not-available"],
    ["no.such.name.invalid", 0, "bad-address"],
  ];
  for (const [bind, port, failure] of failures) {
    await assert.rejects(
      openListener({ type: "tls", bind, port }, usual),
      (error: unknown) => {
        assert.ok(error instanceof ListenError);
        assert.equal(error.code, failure);
        assert.ok(error.message.startsWith(`cannot listen on ${bind}:${port}`));
        return true;
      },
    );
  }
  taken.listener.close();
});

Deno.test("tls-listener: OpenSSL agrees on both versions", async () => {
  const opened = await openListener({ type: "tls" }, usual);
  const { port } = opened.listener.address;
  for (const version of ["-tls1_2", "-tls1_3"]) {
    const said = openssl([
      ...["s_client", "-connect", `127.0.0.1:${port}`, version],
      ...["-servername", "localhost", "-brief", "-alpn", "mqtt"],
    ]);
    const { stream } = await opened.next();
    stream.close();
    await said;
  }
  opened.listener.close();
});
