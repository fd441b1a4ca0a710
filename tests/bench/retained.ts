/**
 * Measures what retained messages cost a broker: one connection publishes them
 * at QoS 0, each to a topic of its own.
 *
 *   deno run -A tests/bench/retained.ts [messages] [bytes] [memory|buffered|...]
 *
 * Linux only.
 */
import { encodeUtf8 } from "../../src/mqtt/mod.ts";
import { MeasuredBroker } from "./measured_broker.ts";

const messages = Number(Deno.args[0] ?? 1_000_000);
const length = Number(Deno.args[1] ?? 100);
const mode = Deno.args[2] ?? "memory";
const folder = await Deno.makeTempDir();
const broker = MeasuredBroker.start([
  `storage.mode=${mode}`,
  `storage.path=${folder}/store.kv`,
]);

/** PUBLISH frames with RETAIN, QoS 0, for the messages `from` up to `to`. */
function frames(from: number, to: number): Uint8Array {
  const payload = new Uint8Array(length).fill(65);
  const all: number[] = [];
  for (let i = from; i < to; i++) {
    const topic = encodeUtf8(`plant/hall-${i % 97}/machine-${i}/state`);
    const rest = 2 + topic.length + length;
    all.push(0x31);
    for (let left = rest; left > 0; left >>= 7) {
      all.push(left & 127 | (left > 127 ? 128 : 0));
    }
    all.push(topic.length >> 8, topic.length & 255, ...topic, ...payload);
  }
  return Uint8Array.from(all);
}

/** Writes all of `bytes`. */
async function send(conn: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    at += await conn.write(bytes.subarray(at));
  }
}

try {
  const conn = await broker.connect("publisher");
  await conn.read(new Uint8Array(4));
  const memory = broker.memory;
  const cpu = broker.cpu;
  for (let from = 0; from < messages; from += 1000) {
    await send(conn, frames(from, Math.min(from + 1000, messages)));
  }
  // PINGREQ: what comes before its answer has been done.
  await send(conn, new Uint8Array([0xc0, 0]));
  await conn.read(new Uint8Array(2));
  // What is written behind them belongs to their cost.
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const bytes = (broker.memory - memory) * 2 ** 20 / messages;
  const each = (broker.cpu - cpu) * 1e6 / messages;
  console.log(
    `${messages} retained of ${length} bytes (${mode}): ` +
      `${bytes.toFixed(0)} bytes and ${each.toFixed(2)} us CPU each`,
  );
  conn.close();
} finally {
  await broker.stop();
  await Deno.remove(folder, { recursive: true });
}
