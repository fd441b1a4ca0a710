/**
 * Measures a broker that starts on a store, such as `tests/store/large_store.ts`
 * makes: until it accepts a connection, until it answers (all is loaded), and
 * its memory.
 *
 *   deno run -A tests/bench/start.ts STORE [client id]
 *
 * The store is used as it is, and changed by the client. Linux only.
 */
import { MeasuredBroker } from "./measured_broker.ts";

const [path, clientId] = Deno.args;
const start = performance.now();
const broker = MeasuredBroker.start([`storage.path=${path}`]);
try {
  const conn = await broker.connect(clientId ?? "client-0");
  const accepted = performance.now();
  const answer = new Uint8Array(4);
  await conn.read(answer);
  const answered = performance.now();
  const { cpu, memory, peak } = broker;
  console.log(
    `accepted ${((accepted - start) / 1000).toFixed(2)} s, ` +
      `answered ${((answered - start) / 1000).toFixed(2)} s ` +
      `(${[...answer]}), ${cpu.toFixed(1)} s CPU, ` +
      `${memory.toFixed(0)} MiB, peak ${peak.toFixed(0)} MiB`,
  );
  conn.close();
} finally {
  await broker.stop();
}
