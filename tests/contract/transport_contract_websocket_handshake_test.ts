import assert from "node:assert/strict";
import {
  HandshakeError,
  memoryPair,
  type UpgradeOptions,
  upgradeWebSocket,
} from "../../src/transport/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { pattern, readExactly, writeAll } from "./transport_contract.ts";
import {
  clientFrame,
  exampleKey,
  exampleProof,
  readHead,
  upgradeRequest,
} from "./transport_contract_websocket_client.ts";

type Options = Omit<UpgradeOptions, "clock">;

const test = (promise: string, body: () => Promise<void>) =>
  Deno.test(`websocket-handshake: ${promise}`, body);

/** Latin-1, as field values are. */
function encode(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

/** Returns the answer's head, for a request that must be accepted. */
async function accepted(
  request: string,
  options: Options = {},
): Promise<string> {
  const [peer, below] = memoryPair();
  const upgrading = upgradeWebSocket(below, {
    clock: new ManualClock(),
    ...options,
  });
  await writeAll(peer, encode(request));
  await upgrading;
  const head = await readHead(peer);
  assert.match(head, /^HTTP\/1\.1 101 Switching Protocols\r\n/);
  return head;
}

/** Returns the answer, for a request that must be refused with `status`. */
async function refused(
  request: string,
  status: number,
  options: Options = {},
): Promise<string> {
  const [peer, below] = memoryPair();
  const upgrading = assert.rejects(
    upgradeWebSocket(below, { clock: new ManualClock(), ...options }),
    (error: unknown) =>
      error instanceof HandshakeError && error.status === status,
  );
  await writeAll(peer, encode(request));
  await upgrading;
  const into = new Uint8Array(4096);
  let answer = "";
  for (let n; (n = await peer.read(into)) !== null;) {
    answer += new TextDecoder().decode(into.subarray(0, n));
  }
  const [head, text] = answer.split("\r\n\r\n");
  assert.match(head, new RegExp(`^HTTP/1\\.1 ${status} [A-Z]`));
  assert.match(head, /\r\nContent-Type: text\/plain; charset=utf-8\r\n/);
  assert.match(head, /\r\nConnection: (Upgrade, )?close/);
  assert.ok(head.includes(`\r\nContent-Length: ${encode(text).length}\r\n`));
  assert.match(text, /^[A-Z].*\.\n$|MQTT client\.\n$/);
  return answer;
}

test("the answer has the RFC's proof, the sub-protocol and no extension", async () => {
  const head = await accepted(
    upgradeRequest({ "Sec-WebSocket-Extensions": "permessage-deflate" }),
  );
  assert.equal(
    head,
    "HTTP/1.1 101 Switching Protocols\r\n" +
      "Upgrade: websocket\r\nConnection: Upgrade\r\n" +
      `Sec-WebSocket-Accept: ${exampleProof}\r\n` +
      "Sec-WebSocket-Protocol: mqtt\r\n\r\n",
  );
});

test("[MQTT-6.0.0-4] the sub-protocol is found anywhere in the list", async () => {
  const name = "Sec-WebSocket-Protocol";
  const offers: [string, string][] = [
    ["chat,  mqttv3.1 ,x", "mqttv3.1"],
    ["mqttv3.1, mqtt", "mqtt"],
    [`chat\r\n${name}: x, mqtt`, "mqtt"],
    [`mqttv3.1\r\n${name.toLowerCase()}:mqtt`, "mqtt"],
  ];
  for (const [offer, chosen] of offers) {
    const head = await accepted(upgradeRequest({ [name]: offer }));
    assert.ok(head.includes(`\r\n${name}: ${chosen}\r\n`), offer);
  }
});

test("no sub-protocol that is known: 400, and the text says which are", async () => {
  for (const offer of [null, "", "chat", "MQTT", "mqtt5, mqttv3.11"]) {
    const answer = await refused(
      upgradeRequest({ "Sec-WebSocket-Protocol": offer }),
      400,
    );
    assert.match(answer, /mqtt or mqttv3\.1/);
  }
});

test("field names and tokens in any case and spacing", async () => {
  await accepted(
    upgradeRequest({
      "Upgrade": null,
      "Connection": null,
      "uPGRADE": "h2c,\tWebSocket  ",
      "CONNECTION": "UPGRADE",
    }),
  );
});

test("only GET: 405", async () => {
  for (const method of ["POST", "HEAD", "get", "CONNECT"]) {
    const request = upgradeRequest({}, `${method} /mqtt HTTP/1.1`);
    assert.match(await refused(request, 405), /\r\nAllow: GET\r\n/);
  }
});

test("only HTTP/1.1: 505", async () => {
  for (const version of ["1.0", "2.0"]) {
    await refused(upgradeRequest({}, `GET /mqtt HTTP/${version}`), 505);
  }
});

test("exactly one Host, and no body: 400", async () => {
  await refused(upgradeRequest({ "Host": null }), 400);
  for (const host of ["a b", "a/b", "a@b", "a,\tb", "a:b", "[::1", "\xe9"]) {
    await refused(upgradeRequest({ "Host": host }), 400);
  }
  for (
    const host of ["", "a.example:9001", "[::1]:9001", "127.0.0.1", "a_b:"]
  ) {
    await accepted(upgradeRequest({ "Host": host }));
  }
  for (const length of ["5", "", "+0", "-0", "0, 0", "0x0", "0\xa0", "0 0"]) {
    await refused(upgradeRequest({ "Content-Length": length }), 400);
  }
  for (const coding of ["chunked", "identity", "", "gzip, chunked"]) {
    await refused(upgradeRequest({ "Transfer-Encoding": coding }), 400);
  }
  await accepted(upgradeRequest({ "Content-Length": "0\t " }));
});

test("a field that belongs there once, sent twice: 400 that names it", async () => {
  const twice: [string, string, string][] = [
    ["Host", "broker.example", "broker.example"],
    ["Content-Length", "0", "0"],
    ["Content-Length", "0", "5"],
    ["Origin", "https://a.example", "https://a.example"],
    ["Sec-WebSocket-Key", exampleKey, exampleKey],
    ["Sec-WebSocket-Version", "13", "13"],
    ["Sec-WebSocket-Version", "8", "13"],
  ];
  for (const [name, one, other] of twice) {
    for (const again of [name, name.toUpperCase()]) {
      const request = upgradeRequest({
        [name]: `${one}\r\n${again}: ${other}`,
      });
      const answer = await refused(request, 400);
      assert.ok(answer.includes(`${name} was sent more than once`), name);
    }
  }
});

test("lists may be sent in several fields", async () => {
  await accepted(
    upgradeRequest({
      "Upgrade": "h2c\r\nUpgrade: websocket",
      "Connection": "keep-alive\r\nConnection: Upgrade",
      "Sec-WebSocket-Extensions": "a\r\nSec-WebSocket-Extensions: b",
    }),
  );
});

test("a line end other than CR LF is refused as it comes: 400", async () => {
  const good = upgradeRequest();
  const heads = [
    good.replaceAll("\r\n", "\n"),
    good.replaceAll("\r\n", "\r"),
    "GET / HTTP/1.1\n",
    "GET / HTTP/1.1\rHost: a",
    "GET / HTTP/1.1\r\nHost: a\n",
    "GET / HTTP/1.1\r\nHost: a\r\r",
    "GET / HTTP/1.1\r\nX: a\rHost: b",
    "GET / HTTP/1.1\r\nHost: a\r\n\n",
  ];
  for (const head of heads) {
    assert.match(await refused(head, 400), /does not end in CR LF/);
  }
});

test("a browser that just visits is told what this is: 426", async () => {
  const visit = "GET / HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\n\r\n";
  const answer = await refused(visit, 426, { path: "/broker" });
  assert.match(answer, /MQTT over WebSocket at \/broker/);
  assert.match(answer, /\r\nUpgrade: websocket\r\n/);
  await refused(upgradeRequest({ "Connection": "keep-alive" }), 426);
  await refused(upgradeRequest({ "Upgrade": "h2c" }), 426);
});

test("another version than 13: 426 that names 13", async () => {
  for (const version of ["8", "14", "13, 8", "13\xa0", "", null]) {
    const request = upgradeRequest({ "Sec-WebSocket-Version": version });
    const answer = await refused(request, 426);
    assert.match(answer, /\r\nSec-WebSocket-Version: 13\r\n/);
  }
});

test("a key that is not 16 bytes in base64, or not single: 400", async () => {
  const keys = [null, "", "AAAA", `${exampleKey}=`, `AAAA${exampleKey}`];
  keys.push(exampleKey.replace("Q==", "R=="), exampleKey.replace("d", "-"));
  keys.push(`${exampleKey}\r\nSec-WebSocket-Key: ${exampleKey}`);
  for (const key of keys) {
    await refused(upgradeRequest({ "Sec-WebSocket-Key": key }), 400);
  }
});

test("any path, unless one is set: 404 that names it; the query does not matter", async () => {
  const path = "/mqtt";
  for (const other of ["/", "/mqtt/", "/MQTT", "/mqttx", "/%6dqtt"]) {
    const request = upgradeRequest({}, `GET ${other} HTTP/1.1`);
    assert.match(await refused(request, 404, { path }), /the path \/mqtt for/);
    await accepted(request);
  }
  for (const same of ["/mqtt?a=/b", "wss://x.example/mqtt", "/mqtt?"]) {
    await accepted(upgradeRequest({}, `GET ${same} HTTP/1.1`), { path });
  }
  await accepted(upgradeRequest({}, "GET / HTTP/1.1"), { path: "/" });
  for (const any of ["/", "/mqtt", "/a/b?c"]) {
    await accepted(upgradeRequest({}, `GET ${any} HTTP/1.1`), { path: "*" });
  }
  const whole = upgradeRequest({}, "GET http://x.example?q HTTP/1.1");
  await accepted(whole, { path: "/" });
  for (const none of ["*", "mqtt", "x.example:80", "?q", "ftp://x/mqtt"]) {
    await refused(upgradeRequest({}, `GET ${none} HTTP/1.1`), 400);
  }
});

test("with allowed origins set, others get 403", async () => {
  const allowedOrigins = ["https://a.example", "https://B.example:8443"];
  for (const origin of ["https://A.example", "https://b.example:8443"]) {
    const request = upgradeRequest({ "Origin": origin });
    await accepted(request, { allowedOrigins });
  }
  const others = ["http://a.example", "https://b.example", "null", ""];
  for (const origin of others) {
    const request = upgradeRequest({ "Origin": origin });
    await refused(request, 403, { allowedOrigins });
    await accepted(request);
  }
  await accepted(upgradeRequest(), { allowedOrigins });
});

test("a malformed head: 400", async () => {
  const good = upgradeRequest();
  const bad = [
    good.replace("GET ", "GET  "),
    good.replace("HTTP/1.1", "HTTP/1.1 "),
    good.replace("HTTP/1.1", "HTTP/11"),
    good.replace("/mqtt", "/mq tt"),
    good.replace("Host:", "Host :"),
    good.replace("Host:", "Host\t:"),
    good.replace("Host:", " Host:"),
    good.replace("Host: ", "X: a\r\n\tfolded\r\nHost: "),
    good.replace("Host: ", "X: a\rb\r\nHost: "),
    good.replace("Host:", ": x"),
    good.replace("Host", "Ho st"),
    good.replace("Host: ", "X: a\r\n folded\r\nHost: "),
    good.replace("Host: ", "X: a\nHost: "),
    good.replace("Host: ", "X: a\0\r\nHost: "),
    good.replace("Host: ", "X\r\nHost: "),
    "\r\n\r\n" + good,
  ];
  for (const request of bad) await refused(request, 400);
  await accepted(good.replace("Host: ", "X: \t ä\r\nY:\r\nHost: "));
});

test("MQTT or TLS on this port is refused at its first byte", async () => {
  for (const first of ["\x10", "\x10\r\0\x04MQTT", "\x16\x03\x01"]) {
    assert.match(await refused(first, 400), /not an HTTP request/);
  }
});

test("a head of 8 KiB is read, a longer one is refused: 431", async () => {
  const empty = upgradeRequest({ "Cookie": "" }).length;
  const fill = (length: number) =>
    upgradeRequest({ "Cookie": "c".repeat(length - empty) });
  await accepted(fill(8192));
  await refused(fill(8193), 431);
  await refused("G".repeat(8193), 431);
});

test("a head that comes byte by byte, and frames right behind it", async () => {
  const [peer, below] = memoryPair({ capacity: 1 });
  const upgrading = upgradeWebSocket(below, { clock: new ManualClock() });
  const frames = clientFrame(0x82, pattern(300));
  const sent = [...encode(upgradeRequest()), ...frames];
  const writing = writeAll(peer, new Uint8Array(sent));
  await readHead(peer);
  const stream = await upgrading;
  assert.deepEqual(await readExactly(stream, 300), pattern(300));
  await writing;
});

test("frames in one read with the head are kept, for small reads too", async () => {
  const [peer, below] = memoryPair();
  const upgrading = upgradeWebSocket(below, { clock: new ManualClock() });
  const frames = clientFrame(0x82, pattern(300));
  await peer.write(new Uint8Array([...encode(upgradeRequest()), ...frames]));
  await readHead(peer);
  const stream = await upgrading;
  const received = await readExactly(stream, 300, () => 7);
  assert.deepEqual(received, pattern(300));
});

test("a peer that ends early is refused", async () => {
  const [peer, below] = memoryPair();
  const upgrading = upgradeWebSocket(below, { clock: new ManualClock() });
  await writeAll(peer, encode("GET /mqtt HTTP/1.1\r\n"));
  await peer.closeWrite();
  await assert.rejects(upgrading, /ended too early/);
});

/** Wants the stream closed once `handshakeTimeout` is over, not before. */
async function timesOut(sent: string): Promise<void> {
  const [peer, below] = memoryPair({ capacity: 8 });
  const clock = new ManualClock();
  const upgrading = assert.rejects(
    upgradeWebSocket(below, { clock, handshakeTimeout: 5000 }),
    (error: unknown) => error instanceof HandshakeError && error.status === 408,
  );
  await writeAll(peer, encode(sent));
  clock.advance(4999);
  await writeAll(peer, encode("x"));
  clock.advance(1);
  await upgrading;
  await assert.rejects(peer.write(new Uint8Array(1)));
}

test("a request that takes too long ends with the timeout", async () => {
  await timesOut("G");
  await timesOut("GET /mqtt HTTP/1.1\r\nHost: a\r\n");
});

test("so does a peer that does not read the answer", async () => {
  await timesOut(upgradeRequest());
});

test("a stream that is upgraded is not ended by the timeout", async () => {
  const [peer, below] = memoryPair();
  const clock = new ManualClock();
  const upgrading = upgradeWebSocket(below, { clock });
  await writeAll(peer, encode(upgradeRequest()));
  const stream = await upgrading;
  clock.advance(3_600_000);
  await writeAll(peer, clientFrame(0x82, pattern(4)));
  assert.deepEqual(await readExactly(stream, 4), pattern(4));
});
