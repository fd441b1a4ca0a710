/**
 * Measures a broker with sessions that are away: CPU time of the broker for a
 * queued message, and how fast one session gets its backlog when it is back.
 *
 *   deno run -A tests/bench/detached.ts --port N --pid PID [--sessions 100]
 *     [--messages 9000] [--payload 256]
 *
 * Linux only: the CPU time is read from /proc.
 */
import { parseArgs } from "node:util";
import {
  decodeDelivery,
  encodeConnect,
  encodeSubscribe,
  Frame,
  PublishPacket,
  readFrame,
  writeAck,
} from "../../src/codec/mod.ts";

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "1883" },
    pid: { type: "string" },
    sessions: { type: "string", default: "100" },
    messages: { type: "string", default: "9000" },
    payload: { type: "string", default: "256" },
  },
});
const port = Number(values.port);
const sessions = Number(values.sessions);
const messages = Number(values.messages);
const payload = Number(values.payload);

/** CPU seconds of the broker so far, all its threads. */
function cpu(): number {
  if (values.pid === undefined) return 0;
  const stat = Deno.readTextFileSync(`/proc/${values.pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** A connection that hands each packet to `onPacket`. */
class Client {
  readonly #conn: Deno.TcpConn;

  constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
  }

  static async open(clientId: string): Promise<Client> {
    const client = new Client(await Deno.connect({ port }));
    await client.send(encodeConnect({
      type: 1,
      version: 4,
      bridge: false,
      clientId,
      cleanStart: false,
      keepAlive: 0,
      username: null,
      password: null,
      will: null,
      properties: {},
    }));
    return client;
  }

  async send(bytes: Uint8Array): Promise<void> {
    while (bytes.length > 0) {
      bytes = bytes.subarray(await this.#conn.write(bytes));
    }
  }

  /** Reads until `onPacket` returns true. */
  async read(
    onPacket: (chunk: Uint8Array, frame: Frame) => boolean,
    afterChunk: () => Promise<void> = () => Promise.resolve(),
  ): Promise<void> {
    const chunk = new Uint8Array(1 << 20);
    const frame = new Frame();
    let fill = 0;
    for (let done = false; !done;) {
      const count = await this.#conn.read(chunk.subarray(fill));
      if (count === null) throw new Error("the broker closed");
      fill += count;
      let at = 0;
      while (!done && readFrame(frame, chunk, at, fill, 1 << 20, 4) > 0) {
        at = frame.end;
        done = onPacket(chunk, frame);
      }
      chunk.copyWithin(0, at, fill);
      fill -= at;
      await afterChunk();
    }
  }

  close(): void {
    this.#conn.close();
  }
}

for (let i = 0; i < sessions; i++) {
  const client = await Client.open(`away-${i}`);
  await client.send(encodeSubscribe({
    type: 8,
    packetId: 1,
    requests: [{
      filter: "away/t",
      qos: 1,
      noLocal: false,
      retainAsPublished: false,
      retainHandling: 0,
    }],
    properties: {},
  }, 4));
  await client.read((_chunk, frame) => frame.type === 9);
  await client.send(new Uint8Array([0xe0, 0]));
  client.close();
}

const publisher = await Client.open("publisher");
const head = 2 + 6 + 2;
const frame = new Uint8Array(3 + head + payload).fill(120);
frame.set([
  0x32,
  (head + payload) & 127 | 128,
  (head + payload) >> 7,
  0,
  6,
  ...new TextEncoder().encode("away/t"),
]);
let sent = 0;
async function publish(count: number): Promise<void> {
  const burst = new Uint8Array(frame.length * count);
  for (let i = 0; i < count; i++, sent++) {
    const id = sent % 65535 + 1;
    frame[11] = id >> 8;
    frame[12] = id & 255;
    burst.set(frame, i * frame.length);
  }
  await publisher.send(burst);
}
const before = cpu();
const start = performance.now();
let acknowledged = 0;
let due = 0;
const window = Math.min(200, messages);
await publish(window);
await publisher.read((_chunk, packet) => {
  if (packet.type === 4) {
    acknowledged++;
    due++;
  }
  return acknowledged === messages;
}, async () => {
  const count = Math.min(due, messages - sent);
  due = 0;
  if (count > 0) await publish(count);
});
const took = (performance.now() - start) / 1000;
// What is written behind the acknowledgements belongs to their cost.
await new Promise((resolve) => setTimeout(resolve, 1500));
const queued = messages * sessions;
const each = (cpu() - before) * 1e6 / queued;
console.log(
  `queued ${queued} in ${took.toFixed(2)} s, ` +
    `broker ${each.toFixed(3)} us CPU a queued message`,
);
publisher.close();

const back = await Client.open("away-0");
const packet = new PublishPacket();
const acks = new Uint8Array(4 * 65536);
let pending = 0;
let received = 0;
const drainStart = performance.now();
await back.read((chunk, one) => {
  if (one.type !== 3) return false;
  decodeDelivery(packet, chunk, one, 4);
  pending = writeAck(acks, pending, 4, packet.packetId);
  return ++received === messages;
}, async () => {
  if (pending > 0) await back.send(acks.slice(0, pending));
  pending = 0;
});
const drained = (performance.now() - drainStart) / 1000;
console.log(
  `drained ${received} in ${drained.toFixed(2)} s: ` +
    `${Math.round(received / drained)} a second`,
);
back.close();
