import { strict as assert } from "node:assert";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Networks } from "../../src/network/mod.ts";
import {
  Beginning,
  BeginningListener,
  loadTls,
  MemoryListener,
  type RefusalReason,
} from "../../src/transport/mod.ts";
import { parseProxyHeader } from "../../src/transport/opening/proxy_header.ts";
import { RefusedError } from "../../src/transport/streams/refusal.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { binaryHeader, entry, textHeader } from "../support/proxy_headers.ts";
import { makeTlsPems } from "../support/tls_pems.ts";
import { Random } from "./decoder_random.ts";

/** Set it to what a failure printed to see that failure again. */
const SEED = Number(
  Deno.env.get("DUNLIN_FUZZ_SEED") ??
    crypto.getRandomValues(new Uint32Array(1))[0],
);
const HEADERS = 50_000;
const CONNECTIONS = 1500;
/** Growth of what is in use (bytes) that is no leak: caches, compiled code. */
const MEMORY = 16 * 1024 * 1024;

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

function liveBytes(): number {
  collectGarbage();
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}

const ssl = [3, 0, 0, 0, 0, ...entry(0x22, "name")];
const headers: readonly Uint8Array[] = [
  textHeader(),
  textHeader("UNKNOWN"),
  textHeader("TCP6 2001:db8::7 2001:db8::1 4711 8883"),
  binaryHeader(),
  binaryHeader({ command: 0 }),
  binaryHeader({ family: 0x21, addresses: new Array(36).fill(1) }),
  binaryHeader({ entries: entry(2, "broker.example") }),
  binaryHeader({ entries: entry(0x20, new Uint8Array(ssl)) }),
];

/** A header with some bytes changed, cut off, doubled or put in. */
function mutant(random: Random, from: readonly Uint8Array[]): Uint8Array {
  let bytes = [...random.pick(from)];
  for (let count = random.below(4); count > 0; count--) {
    const at = random.below(bytes.length + 1);
    switch (random.below(4)) {
      case 0:
        bytes[at] = random.below(256);
        break;
      case 1:
        bytes = bytes.slice(0, at);
        break;
      case 2:
        bytes.splice(at, 0, random.below(256));
        break;
      default:
        bytes.push(...bytes.slice(at));
    }
  }
  return new Uint8Array(bytes);
}

Deno.test(`fuzz: PROXY headers are taken, waited for or refused (seed ${SEED})`, () => {
  const random = new Random(SEED);
  const outcomes = { taken: 0, waited: 0, refused: 0 };
  for (let round = 0; round < HEADERS; round++) {
    const bytes = mutant(random, headers);
    try {
      const header = parseProxyHeader(bytes);
      if (header === null) {
        outcomes.waited++;
        // No peer can make us wait for more than this.
        assert.ok(bytes.length < 4096);
        continue;
      }
      outcomes.taken++;
      assert.ok(header.length <= bytes.length);
      // The same again when it comes with what follows.
      const longer = new Uint8Array([...bytes, 0x10, 0]);
      assert.deepEqual(parseProxyHeader(longer), header);
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      outcomes.refused++;
    }
  }
  for (const count of Object.values(outcomes)) assert.ok(count > 1000);
});

/** A ClientHello as OpenSSL sends it, its random bytes and key left as zero. */
function clientHello(): Uint8Array {
  const extensions = [
    ...[0, 0, 0, 14, 0, 12, 0, 0, 9, ...new TextEncoder().encode("localhost")],
    ...[0, 43, 0, 3, 2, 3, 4],
    ...[0, 10, 0, 4, 0, 2, 0, 29],
    ...[0, 13, 0, 4, 0, 2, 4, 3],
    ...[0, 51, 0, 38, 0, 36, 0, 29, 0, 32, 9, ...new Array(31).fill(0)],
  ];
  const body = [
    ...[3, 3, ...new Array(32).fill(7), 0, 0, 2, 0x13, 1, 1, 0],
    ...[extensions.length >> 8, extensions.length & 255, ...extensions],
  ];
  const shake = [1, 0, body.length >> 8, body.length & 255, ...body];
  return new Uint8Array([
    ...[0x16, 3, 1, shake.length >> 8, shake.length & 255, ...shake],
  ]);
}

Deno.test(`fuzz: whatever a connection begins with, it comes to MQTT or ends, and nothing stays (seed ${SEED})`, async () => {
  const pems = await makeTlsPems();
  const random = new Random(SEED);
  const clock = new ManualClock();
  const below = new MemoryListener();
  const options = {
    keys: { choose: () => pems.server },
    authorities: () => [],
    minVersion: "1.2",
    alpn: ["mqtt"],
    askClientCertificate: true,
  } as const;
  const beginning = new Beginning({
    speech: "any",
    tls: await loadTls(options, clock),
    proxyProtocol: true,
    trustedProxies: new Networks(["192.0.2.0/24"]),
    allowedNetworks: new Networks([]),
    certify: () => Promise.resolve(),
    upgrade: { clock },
  });
  const reasons = new Map<RefusalReason | "mqtt", number>();
  const over = (reason: RefusalReason | "mqtt") =>
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  const listener = new BeginningListener(below, beginning.fromWire, {
    clock,
    handshakeTimeout: 10_000,
    maxHandshakes: 100,
    onRefused: ({ reason }) => over(reason),
  });
  const served = listener.serve(({ stream }) => {
    stream.close();
    over("mqtt");
  });
  const hello = clientHello();
  const request = new TextEncoder().encode("GET /mqtt HTTP/1.1\r\n\r\n");
  const connect = new Uint8Array([0x10, 12, 0, 4]);
  const starts = [hello, hello, request, connect];
  const run = async (count: number) => {
    for (let round = 0; round < count; round++) {
      const isProxy = random.below(2) === 0;
      const conn = below.connect(isProxy ? "192.0.2.1" : "198.51.100.1");
      const rest = mutant(random, starts);
      const head = isProxy || random.below(9) === 0
        ? mutant(random, headers)
        : [];
      await conn.write(new Uint8Array([...head, ...rest])).catch(() => {});
      await new Promise((turn) => setImmediate(turn));
      if (random.below(3) === 0) conn.closeWrite().catch(() => {});
      if (round % 50 === 49) {
        clock.advance(10_000);
        await new Promise((turn) => setImmediate(turn));
      }
    }
    clock.advance(20_000);
    for (let turn = 0; turn < 20; turn++) {
      await new Promise((next) => setImmediate(next));
    }
  };
  await run(CONNECTIONS / 3);
  const before = liveBytes();
  await run(CONNECTIONS);
  assert.ok(liveBytes() - before < MEMORY, "memory grew");
  let ended = 0;
  for (const count of reasons.values()) ended += count;
  assert.equal(ended, CONNECTIONS / 3 + CONNECTIONS);
  for (
    const reason of [
      "mqtt",
      "proxy-header",
      "tls-handshake",
      "handshake-timeout",
      "websocket-handshake",
      "unknown-protocol",
    ] as const
  ) assert.ok(reasons.has(reason), `no ${reason}`);
  listener.close();
  await served;
});
