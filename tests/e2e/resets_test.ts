import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { Broker } from "../../src/broker/mod.ts";
import { silentLog } from "../../src/broker/status/broker_log.ts";
import {
  completeSettings,
  type ListenerSettings,
} from "../../src/config/mod.ts";
import { writeAll } from "../contract/transport_contract.ts";
import { TestWebSocketClient } from "../contract/transport_contract_websocket_client.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { Packets } from "../support/packets.ts";
import { makeTlsPems } from "../support/tls_pems.ts";
import { within } from "../support/wait.ts";

const script = fileURLToPath(
  new URL("../support/reset_connections.ts", import.meta.url),
);

const pems = await makeTlsPems();

/** All fit into the queue of connections that wait to be accepted. */
const RESETS = 100;

const proxy = { trusted_proxies: ["192.0.2.1"], proxy_protocol: true };

const kinds: Partial<ListenerSettings>[] = [
  { name: "tcp" },
  { name: "tls", type: "tls" },
  { name: "websocket", type: "websocket" },
  { name: "wss", type: "wss" },
  { name: "one-port", type: "tls", one_port: true },
  { name: "proxied", ...proxy },
  { name: "proxied-tls", type: "tls", ...proxy },
];

/**
 * Resets connections while this process does nothing else, so that all of them
 * are reset before the broker can accept the first.
 */
function resetBeforeAccept(port: number): void {
  const { code } = new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", script, `${port}`, `${RESETS}`],
    ...{ stdin: "null", stdout: "null", stderr: "null" } as const,
  }).outputSync();
  assert.equal(code, 0);
}

/** The first byte that a client of this listener gets. */
async function answerOf(type: string, port: number): Promise<number> {
  const raw = await Deno.connect({ hostname: "127.0.0.1", port });
  const conn = type === "tls" || type === "wss"
    ? await Deno.startTls(raw, { hostname: "localhost", caCerts: [pems.ca] })
    : raw;
  try {
    const stream = type === "websocket" || type === "wss"
      ? await TestWebSocketClient.open(conn)
      : conn;
    await writeAll(stream, new Packets(5).connect({ clientId: "health" }));
    const answer = new Uint8Array(1);
    await stream.read(answer);
    return answer[0];
  } finally {
    conn.close();
  }
}

for (const said of kinds) {
  Deno.test(`resets: a listener ${said.name} takes the next client without a pause`, async () => {
    await using folder = await openFolder();
    // No time passes by this clock: a pause would never end.
    const clock = new ManualClock(Date.now());
    const told: string[] = [];
    let resets = 0;
    const hasTls = said.type === "tls" || said.type === "wss";
    const broker = new Broker(
      completeSettings({
        storage: { mode: "memory" },
        listener: [{
          ...{ bind: "127.0.0.1", port: 0, ...said },
          ...(hasTls ? folder.pair : {}),
        }],
      }),
      {
        clock,
        log: {
          ...silentLog,
          failed: (_, error) => told.push(String(error)),
          trouble: (_, error) => told.push(error.message),
          // One line, and at the end how many more.
          event: (_level, _event, { reason, count = 1 }) => {
            if (reason === "reset-before-accept") resets += Number(count);
          },
        },
      },
    );
    const [{ type, port }] = await broker.start();
    resetBeforeAccept(port);
    assert.equal(await within("CONNACK", answerOf(type, port)), 0x20);
    assert.deepEqual(told, []);
    const stopped = broker.stop(0);
    clock.advance(10_000);
    await stopped;
    // Node's listener accepts them, and their handshakes end.
    const isNodes = hasTls && !said.one_port && !said.proxy_protocol;
    assert.equal(resets, isNodes ? 0 : RESETS);
  });
}

/** Files of a server's certificate. */
async function openFolder() {
  const path = await Deno.makeTempDir({ prefix: "dunlin-resets-" });
  const pair = { cert: `${path}/server.pem`, key: `${path}/server.key` };
  await Deno.writeTextFile(pair.cert, pems.server.cert);
  await Deno.writeTextFile(pair.key, pems.server.key);
  return {
    pair,
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}
