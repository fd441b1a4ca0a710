/**
 * Compares how long a broker takes to refuse a wrong password and a user whom
 * it does not know: the two must not differ, or strangers learn which user
 * names there are.
 *
 *   deno run -A tests/bench/login_timing.ts [--tries N] [--hash KIND]
 *
 * Tries alternate, 200 of each unless said otherwise. It tells the medians, the
 * middle halves, and a rank test (Mann and Whitney): a |z| below 2 is what two
 * equal things give 19 times in 20.
 */
import { parseArgs } from "node:util";
import {
  type HashKind,
  makeHash,
  printHash,
} from "../../src/security/passwords/mod.ts";
import { Packets } from "../support/packets.ts";
import { BrokerProcess } from "../support/process.ts";

const { values } = parseArgs({
  args: Deno.args,
  options: {
    tries: { type: "string", default: "200" },
    hash: { type: "string", default: "argon2id" },
  },
});
const tries = Number(values.tries);

/** Milliseconds from CONNECT to CONNACK, which must be a refusal. */
async function refusal(port: number, username: string): Promise<number> {
  using conn = await Deno.connect({ port });
  const connect = new Packets(4).connect({ username, password: "wrong" });
  const start = performance.now();
  await conn.write(connect);
  const answer = new Uint8Array(4);
  await conn.read(answer);
  const time = performance.now() - start;
  if (answer[3] !== 4) throw new Error(`not refused: ${answer}`);
  return time;
}

function quantile(times: readonly number[], share: number): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.floor(share * (sorted.length - 1))];
}

/** How far the ranks of `a` among both are from chance, in deviations. */
function rankTest(a: readonly number[], b: readonly number[]): number {
  const all = [...a.map((time) => ({ time, isA: true }))]
    .concat(b.map((time) => ({ time, isA: false })))
    .sort((one, other) => one.time - other.time);
  let ranks = 0;
  all.forEach(({ isA }, index) => ranks += isA ? index + 1 : 0);
  const u = ranks - a.length * (a.length + 1) / 2;
  const mean = a.length * b.length / 2;
  const deviation = Math.sqrt(a.length * b.length * (all.length + 1) / 12);
  return (u - mean) / deviation;
}

function tell(name: string, times: readonly number[]): void {
  const [low, middle, high] = [0.25, 0.5, 0.75].map((share) =>
    quantile(times, share).toFixed(2)
  );
  console.log(`${name.padEnd(16)} ${middle} ms (half in ${low} to ${high} ms)`);
}

const folder = await Deno.makeTempDir({ prefix: "dunlin-timing-" });
try {
  const file = `${folder}/passwd`;
  const password = new TextEncoder().encode("right");
  let text = "";
  for (let at = 0; at < 20; at++) {
    const hash = await makeHash(password, values.hash as HashKind);
    text += `user${at}:${printHash(hash)}\n`;
  }
  await Deno.writeTextFile(file, text, { mode: 0o600 });
  await using broker = await BrokerProcess.start({
    config: `
[[listener]]
port = 0
[access]
login_delay = "0s"
max_failures = 0
[[auth]]
type = "password-file"
file = ${JSON.stringify(file)}
[[auth]]
type = "users"
[[user]]
name = "other"
password = "x"
`,
  });
  const port = broker.port();
  // The first ones start the thread and warm it up.
  for (let at = 0; at < 10; at++) await refusal(port, `user${at}`);
  const known: number[] = [];
  const unknown: number[] = [];
  for (let at = 0; at < tries; at++) {
    // Now one goes first, now the other.
    const order = at % 2 === 0 ? [known, unknown] : [unknown, known];
    for (const times of order) {
      const name = times === known ? `user${at % 20}` : `nobody${at % 20}`;
      times.push(await refusal(port, name));
    }
  }
  tell("wrong password", known);
  tell("unknown user", unknown);
  console.log(`rank test: z = ${rankTest(unknown, known).toFixed(2)}`);
} finally {
  await Deno.remove(folder, { recursive: true });
}
