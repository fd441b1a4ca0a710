import assert from "node:assert/strict";
import {
  type Foreign,
  type HandshakeError,
  memoryPair,
  protocolOf,
  upgradeWebSocket,
} from "../../src/transport/mod.ts";
import { recognise } from "../../src/transport/opening/first_bytes.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { settle } from "../support/settle.ts";
import { readExactly, writeAll } from "./transport_contract.ts";

// The protocol of a peer, by its first bytes, however few come at a time.

const text = (value: string) => new TextEncoder().encode(value);
const bytes = (...values: number[]) => new Uint8Array(values);

/** First bytes, their protocol, and how many of them show it. */
const BEGINNINGS: readonly [Uint8Array, Foreign | null, number][] = [
  [bytes(0x10, 0x0c, 0, 4), "mqtt", 1],
  [bytes(0x16, 3, 1, 2), "tls", 2],
  [bytes(0x16, 2, 0, 0), null, 2],
  [text("GET / HTTP/1.1"), "http", 4],
  [text("PROPFIND / HTTP/1.1"), "http", 4],
  [text("PROXY TCP4 "), "proxy-header", 6],
  [text("\r\n\r\n\0\r\nQUIT\n!"), "proxy-header", 12],
  [text("\r\n\r\n\r\n"), null, 5],
  [text("SSH-2.0-x"), null, 4],
  [text("Hi, broker"), null, 2],
  [bytes(0x50, 2, 0, 1), null, 2],
  [bytes(0x30, 2, 0, 1), null, 1],
];

for (const [beginning, protocol, needed] of BEGINNINGS) {
  const shown = JSON.stringify(String.fromCharCode(...beginning));
  Deno.test(`first bytes: ${shown} are ${protocol ?? "nothing"} from byte ${needed} on`, () => {
    for (let count = 1; count <= beginning.length; count++) {
      // Elsewhere in a chunk, and with other bytes behind them.
      const chunk = bytes(0x16, ...beginning.subarray(0, count), 0x10);
      const expected = count < needed ? "part" : protocol;
      assert.equal(protocolOf(chunk, 1, 1 + count), expected, `${count} bytes`);
    }
  });
}

Deno.test("first bytes: a listener for all protocols waits until they are certain", async () => {
  const [peer, stream] = memoryPair();
  let words = "";
  const recognised = recognise(stream).then((found) => {
    words = found.words;
    return found;
  });
  await writeAll(peer, text("GE"));
  await settle();
  assert.equal(words, "");
  await writeAll(peer, text("T /"));
  const found = await recognised;
  assert.equal(found.words, "websocket");
  assert.deepEqual(await readExactly(found.stream, 5), text("GET /"));
});

Deno.test("first bytes: a listener for all protocols names the PROXY header that it does not expect", async () => {
  const [peer, stream] = memoryPair();
  await writeAll(peer, text("PROXY TCP4 "));
  await assert.rejects(recognise(stream), {
    reason: "unknown-protocol",
    fault: "speaks-proxy-header",
  });
});

Deno.test("first bytes: a peer that ends too early broke the connection", async () => {
  for (const beginning of [bytes(), bytes(0x16)]) {
    const [peer, stream] = memoryPair();
    if (beginning.length > 0) await writeAll(peer, beginning);
    const refused = assert.rejects(recognise(stream), { reason: "broken" });
    peer.close();
    await refused;
  }
});

Deno.test("first bytes: a WebSocket listener says TLS only when the second byte has come", async () => {
  const [peer, stream] = memoryPair();
  let fault: string | null | undefined;
  const upgrading = upgradeWebSocket(stream, { clock: new ManualClock() })
    .catch((error: HandshakeError) => fault = error.fault);
  await writeAll(peer, bytes(0x16));
  await settle();
  assert.equal(fault, undefined);
  await writeAll(peer, bytes(3));
  await upgrading;
  assert.equal(fault, "speaks-tls");
});
