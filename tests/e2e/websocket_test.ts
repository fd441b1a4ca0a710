import assert from "node:assert/strict";
import { WebSocket } from "ws";
import { BrokerProcess } from "../support/process.ts";
import { within } from "../support/wait.ts";

const config = `
[[listener]]
type = "websocket"
port = 0
path = "/here"
allowed_origins = ["https://good.example"]
`;

/** What becomes of a handshake: the sub-protocol, or the HTTP status. */
async function handshake(
  url: string,
  protocols: string[],
  headers: Record<string, string> = {},
): Promise<string | number> {
  const socket = new WebSocket(url, protocols, { headers });
  socket.on("error", () => {});
  const outcome = new Promise<string | number>((resolve) => {
    socket.on("open", () => resolve(socket.protocol));
    socket.on("unexpected-response", (request, response) => {
      resolve(response.statusCode!);
      request.destroy();
    });
  });
  const closed = new Promise((resolve) => socket.on("close", resolve));
  try {
    return await within("the handshake", outcome);
  } finally {
    socket.terminate();
    await within("the close", closed);
  }
}

Deno.test("WebSocket: origins, path and sub-protocols of the settings", async () => {
  await using broker = await BrokerProcess.start({ config });
  const url = `ws://127.0.0.1:${broker.port()}`;
  const good = { origin: "https://good.example" };
  const evil = { origin: "https://evil.example" };
  assert.equal(await handshake(`${url}/here`, ["mqtt"], good), "mqtt");
  assert.equal(await handshake(`${url}/here`, ["mqtt"], evil), 403);
  assert.equal(await handshake(`${url}/else`, ["mqtt"], good), 404);
  const offered = ["chat", "mqttv3.1"];
  assert.equal(await handshake(`${url}/here`, offered, good), "mqttv3.1");
  // A program is not a web page: it sends no origin, and may come in.
  assert.equal(await handshake(`${url}/here`, ["mqtt"]), "mqtt");
});

Deno.test("WebSocket: packets split and joined over frames at will", async () => {
  await using broker = await BrokerProcess.start({ config });
  const url = `ws://127.0.0.1:${broker.port()}/here`;
  const socket = new WebSocket(url, ["mqtt"]);
  const answers: number[] = [];
  const complete = new Promise<void>((resolve, reject) => {
    socket.on("error", reject);
    socket.on("message", (bytes: Uint8Array) => {
      answers.push(...bytes);
      if (answers.length >= 8) resolve();
    });
  });
  await within("open", new Promise((resolve) => socket.on("open", resolve)));
  const connect = [0x10, 13, 0, 4, 77, 81, 84, 84, 4, 2, 0, 0, 0, 1, 115];
  for (const byte of connect) socket.send(Uint8Array.of(byte));
  socket.send(Uint8Array.of(0xc0, 0, 0xc0)); // one PINGREQ and a half
  socket.send(Uint8Array.of(0));
  await within("the answers", complete);
  assert.deepEqual(answers, [0x20, 2, 0, 0, 0xd0, 0, 0xd0, 0]);
  const closed = new Promise((resolve) => socket.on("close", resolve));
  socket.close();
  await within("the close", closed);
});

Deno.test("WebSocket: the browser's own WebSocket, as Deno has it", async () => {
  await using broker = await BrokerProcess.start({
    config: `[[listener]]\ntype = "websocket"\nport = 0\n`,
  });
  const url = `ws://127.0.0.1:${broker.port()}/mqtt`;
  const socket = new globalThis.WebSocket(url, "mqtt");
  socket.binaryType = "arraybuffer";
  await within("open", new Promise((resolve) => socket.onopen = resolve));
  const answer = new Promise<MessageEvent>((go) => socket.onmessage = go);
  const connect = [0x10, 13, 0, 4, 77, 81, 84, 84, 4, 2, 0, 0, 0, 1, 115];
  socket.send(Uint8Array.from(connect));
  const { data } = await within("CONNACK", answer);
  assert.deepEqual([...new Uint8Array(data)], [0x20, 2, 0, 0]);
  const closed = new Promise((resolve) => socket.onclose = resolve);
  socket.close();
  await within("the close", closed);
});
