import assert from "node:assert/strict";
import type { ListenerSettings } from "../../src/config/mod.ts";
import type { Accepted, Refusal } from "../../src/transport/mod.ts";
import { connectTo, openListener, readToEnd } from "../support/listening.ts";
import {
  type BinaryHeader,
  binaryHeader,
  entry,
  textHeader,
} from "../support/proxy_headers.ts";
import { readExactly, writeAll } from "./transport_contract.ts";
import {
  TestWebSocketClient,
  upgradeRequest,
} from "./transport_contract_websocket_client.ts";

const proxied: Partial<ListenerSettings> = {
  proxy_protocol: true,
  trusted_proxies: ["127.0.0.1"],
};

/** What the listener makes of a connection that sends `bytes`, and is read. */
async function accepted(
  said: Partial<ListenerSettings>,
  ...parts: readonly Uint8Array[]
): Promise<Accepted & { readonly first: number }> {
  const opened = await openListener(said);
  const conn = await connectTo(opened);
  for (const part of parts) await writeAll(conn, part);
  await writeAll(conn, new Uint8Array([0x10]));
  const one = await opened.next();
  const [first] = await readExactly(one.stream, 1);
  one.stream.close();
  conn.close();
  opened.listener.close();
  return { ...one, first };
}

/** Why the listener closed a connection that sent `bytes`. */
async function refusal(
  said: Partial<ListenerSettings>,
  bytes: Uint8Array,
): Promise<Refusal> {
  const opened = await openListener(said);
  const conn = await connectTo(opened);
  await writeAll(conn, bytes);
  const refused = await opened.nextRefusal();
  assert.deepEqual(await readToEnd(conn), new Uint8Array());
  conn.close();
  opened.listener.close();
  return refused;
}

Deno.test("proxied: version 1 and 2 tell where the client is", async () => {
  const v6 = [
    ...new Array(15).fill(0),
    9,
    ...new Array(16).fill(1),
    0,
    5,
    0,
    6,
  ];
  const cases: [Uint8Array, string, number][] = [
    [textHeader(), "192.0.2.7", 4711],
    [textHeader("TCP6 2001:DB8::0:7 2001:db8::1 1 2"), "2001:db8::7", 1],
    [binaryHeader(), "192.0.2.7", 4711],
    [binaryHeader({ family: 0x21, addresses: v6 }), "::9", 5],
  ];
  for (const [header, hostname, port] of cases) {
    const { peer, first } = await accepted(proxied, header);
    assert.deepEqual({ peer, first }, {
      peer: { hostname, port },
      first: 0x10,
    });
  }
});

Deno.test("proxied: a header that comes byte by byte", async () => {
  for (const header of [textHeader(), binaryHeader()]) {
    const parts = [...header].map((byte) => new Uint8Array([byte]));
    const { peer } = await accepted(proxied, ...parts);
    assert.equal(peer.hostname, "192.0.2.7");
  }
});

Deno.test("proxied: a proxy that speaks for itself is the peer", async () => {
  const headers = [
    textHeader("UNKNOWN"),
    textHeader("UNKNOWN ffff:f:f:f 1 2 whatever"),
    binaryHeader({ command: 0 }),
    binaryHeader({ command: 0, family: 0, addresses: [] }),
    binaryHeader({ family: 0x31, addresses: new Array(216).fill(65) }),
  ];
  for (const header of headers) {
    const { peer } = await accepted(proxied, header);
    assert.equal(peer.hostname, "127.0.0.1");
  }
});

/** The TLS entry: which bits, whether verified, and a name. */
function ssl(bits: number, verify: number, name: string): number[] {
  const inner = [...entry(0x21, "TLSv1.3"), ...entry(0x22, name)];
  return entry(0x20, new Uint8Array([bits, 0, 0, 0, verify, ...inner]));
}

Deno.test("proxied: version 2 tells server and client by TLS", async () => {
  const told = async (wish: BinaryHeader) => {
    const one = await accepted(proxied, binaryHeader(wish));
    return [one.serverName, one.clientName];
  };
  const name = entry(2, "broker.example");
  const both = [...entry(4, "padding"), ...name, ...ssl(3, 0, "sensor-ä")];
  assert.deepEqual(await told({ entries: both }), [
    "broker.example",
    "sensor-ä",
  ]);
  assert.deepEqual(await told({}), [undefined, undefined]);
  // Not verified, and verified but of nobody who showed one.
  for (const entries of [ssl(3, 1, "liar"), ssl(1, 0, "nobody")]) {
    assert.deepEqual(await told({ entries }), [undefined, undefined]);
  }
});

Deno.test("proxied: what a client must have spoken with the proxy", async () => {
  const plain = binaryHeader();
  const old = textHeader();
  const local = binaryHeader({ command: 0, entries: ssl(3, 0, "proxy") });
  const tls = binaryHeader({ entries: ssl(1, 0, "") });
  const unverified = binaryHeader({ entries: ssl(3, 1, "liar") });
  // A certificate without TLS is no certificate.
  const odd = binaryHeader({ entries: ssl(2, 0, "odd") });
  const named = binaryHeader({ entries: ssl(3, 0, "pump-7") });
  const resumed = binaryHeader({ entries: ssl(5, 0, "pump-7") });
  const nameless = binaryHeader({ entries: ssl(3, 0, "") });
  const strange = binaryHeader({ entries: ssl(3, 0, "a\nb") });
  const header = { plain, old, local, tls, unverified, odd, named, resumed };
  const all = { ...header, nameless, strange };
  const cases: [Partial<ListenerSettings>, (keyof typeof all)[]][] = [
    [{}, Object.keys(all) as (keyof typeof all)[]],
    [{ proxy_client_tls: "tls" }, [
      ...["tls", "unverified", "named", "resumed", "nameless"] as const,
      "strange",
    ]],
    [{ proxy_client_tls: "certificate" }, [
      ...["named", "resumed", "nameless", "strange"] as const,
    ]],
    [{ proxy_username: true }, ["named", "resumed"]],
  ];
  for (const [said, entering] of cases) {
    for (const [name, bytes] of Object.entries(all)) {
      const demanding = { ...proxied, ...said };
      if (entering.includes(name as keyof typeof all)) {
        const { clientName } = await accepted(demanding, bytes);
        if (said.proxy_username) assert.equal(clientName, "pump-7");
        continue;
      }
      const { reason, error } = await refusal(demanding, bytes);
      assert.equal(reason, "proxy-client-tls", `${name}: ${error.message}`);
      assert.match(error.message, /proxy_(client_tls|username) asks for/);
    }
  }
});

Deno.test("proxied: what must be told of TLS must be told of everybody", async () => {
  for (
    const said of [{ proxy_client_tls: "tls" }, {
      proxy_username: true,
    }] as const
  ) {
    const elsewhere = { trusted_proxies: ["192.0.2.0/24"], ...said };
    const { reason } = await refusal(
      { ...proxied, ...elsewhere },
      new Uint8Array([0x10, 12, 0, 4, 0x4d, 0x51, 0x54, 0x54, 5, 2, 0, 0]),
    );
    assert.equal(reason, "proxy-client-tls");
  }
});

Deno.test("proxied: what a trusted proxy must not send", async () => {
  const cut = binaryHeader({ entries: [2, 0, 9, 65] });
  const text = (line: string) => new TextEncoder().encode(line);
  const wrong = [
    text("GET / HTTP/1.1\r\n"),
    new Uint8Array([0x10, 12, 0, 4]),
    text("PROXY TCP4 192.0.2.7 192.0.2.1 4711\r\n"),
    text("PROXY TCP4 2001:db8::1 192.0.2.1 1 2\r\n"),
    text("PROXY TCP4 192.0.2.7 192.0.2.1 4711 65536\r\n"),
    text("PROXY TCP4 192.0.2.999 192.0.2.1 1 2\r\n"),
    text("PROXY TCP4 192.0.2.7 192.0.2.1 1 2\n"),
    text(`PROXY UNKNOWN ${"x".repeat(100)}`),
    cut,
    binaryHeader({ command: 2 }),
    binaryHeader({ addresses: [1, 2, 3] }),
    binaryHeader({ entries: entry(0x20, "1") }),
    binaryHeader({ entries: entry(2, new Uint8Array([0xff])) }),
    binaryHeader().with(12, 0x11),
    // Only the announcement: what is too long is not waited for.
    binaryHeader().with(14, 0xff),
  ];
  for (const bytes of wrong) {
    const { reason, error, peer } = await refusal(proxied, bytes);
    assert.equal(reason, "proxy-header");
    assert.match(
      error.message,
      /^a trusted proxy must begin with a PROXY protocol/,
    );
    assert.equal(peer.hostname, "127.0.0.1");
  }
});

Deno.test("proxied: from elsewhere a header is refused, and none is needed", async () => {
  const elsewhere = { ...proxied, trusted_proxies: ["192.0.2.0/24"] };
  for (const header of [textHeader(), binaryHeader()]) {
    const { reason, error } = await refusal(elsewhere, header);
    assert.equal(reason, "proxy-header");
    assert.match(
      error.message,
      /127\.0\.0\.1 sends a PROXY .*, and is not in trusted_pro/,
    );
  }
  const { peer } = await accepted(elsewhere);
  assert.equal(peer.hostname, "127.0.0.1");
});

Deno.test("proxied: allowed_networks are about the client", async () => {
  const near = { ...proxied, allowed_networks: ["192.0.2.0/24"] };
  const { peer } = await accepted(near, textHeader());
  assert.equal(peer.hostname, "192.0.2.7");
  const far = { ...proxied, allowed_networks: ["127.0.0.0/8"] };
  assert.equal((await refusal(far, textHeader())).reason, "network-refused");
});

/** Who connects by WebSocket with these lines of X-Forwarded-For. */
async function forwarded(
  said: Partial<ListenerSettings>,
  value: string | null,
): Promise<string> {
  const opened = await openListener({ type: "websocket", ...said });
  const conn = await connectTo(opened);
  const request = upgradeRequest({ "X-Forwarded-For": value });
  await writeAll(conn, new TextEncoder().encode(request));
  const outcome = await Promise.race([
    opened.next().then(({ stream, peer }) => {
      stream.close();
      return peer.hostname;
    }),
    opened.nextRefusal().then(({ reason }) => reason),
  ]);
  conn.close();
  opened.listener.close();
  return outcome;
}

Deno.test("proxied: X-Forwarded-For counts from the right, as far as it is trusted", async () => {
  const trusted = { trusted_proxies: ["127.0.0.1", "10.0.0.0/8"] };
  const cases: [string | null, string][] = [
    [null, "127.0.0.1"],
    ["192.0.2.7", "192.0.2.7"],
    ["203.0.113.1, 192.0.2.7", "192.0.2.7"],
    ["203.0.113.1, 192.0.2.7, 10.0.0.3", "192.0.2.7"],
    ["lies, 192.0.2.7:4711, 10.0.0.3", "192.0.2.7"],
    ["[2001:db8::7]:80", "2001:db8::7"],
    ["10.0.0.9", "10.0.0.9"],
    ["::ffff:192.0.2.7", "192.0.2.7"],
    ["unknown", "websocket-handshake"],
  ];
  for (const [value, hostname] of cases) {
    assert.equal(await forwarded(trusted, value), hostname);
  }
  assert.equal(await forwarded({}, "192.0.2.7"), "127.0.0.1");
});

Deno.test("proxied: a forwarded client has to be in allowed_networks, its proxy not", async () => {
  const said = {
    trusted_proxies: ["127.0.0.1"],
    allowed_networks: ["192.0.2.0/24"],
  };
  assert.equal(await forwarded(said, "192.0.2.7"), "192.0.2.7");
  assert.equal(await forwarded(said, "203.0.113.1"), "network-refused");
  assert.equal(await forwarded(said, null), "network-refused");
});

Deno.test("proxied: a WebSocket behind a PROXY header", async () => {
  const opened = await openListener({ type: "websocket", ...proxied });
  const conn = await connectTo(opened);
  await writeAll(conn, textHeader());
  const client = await TestWebSocketClient.open(conn);
  const { peer, stream } = await opened.next();
  assert.equal(peer.hostname, "192.0.2.7");
  stream.close();
  client.close();
  opened.listener.close();
});
