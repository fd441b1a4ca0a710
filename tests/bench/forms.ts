/**
 * Measures the forms of the program beside one another, in one run: sources,
 * bundle, and the first and later starts of an executable. Prints medians.
 *
 *   deno task compile
 *   deno run -A tests/bench/forms.ts [rounds, 9]
 *
 * Time and CPU are until CONNACK, memory after 3 s of rest, the CPU of rest over
 * 30 s. Linux only; on a machine that does nothing else.
 */
import { V8_FLAGS } from "../../src/cli/service/run_flags.ts";
import { type Form, MeasuredBroker } from "./measured_broker.ts";
import { type Target, targetOf } from "../../packaging/targets.ts";

const rounds = Number(Deno.args[0] ?? 9);
const folder = await Deno.makeTempDir({ prefix: "dunlin-forms-" });
const target: Target = targetOf();
const run = [Deno.execPath(), "run", "-A", V8_FLAGS];
const file = `dist/dunlin-${target.name}`;

const forms: Readonly<Record<string, Form>> = {
  sources: { command: [...run, "main.ts"] },
  bundle: { command: [...run, "tools/start.ts"] },
  "executable, later": {
    command: [file],
    env: { DUNLIN_CACHE: `${folder}/cache` },
  },
  "executable, first": {
    command: [file],
    env: { DUNLIN_CACHE: `${folder}/first` },
  },
};

interface Figures {
  readonly accepted: number;
  readonly answered: number;
  readonly cpu: number;
  readonly memory: number;
}

const sleep = (ms: number) => new Promise((wake) => setTimeout(wake, ms));

async function measure(form: Form, mode: string): Promise<Figures> {
  await Deno.remove(`${folder}/first`, { recursive: true }).catch(() => {});
  await Deno.remove(`${folder}/store`, { recursive: true }).catch(() => {});
  await Deno.mkdir(`${folder}/store`);
  const begin = performance.now();
  const settings = [
    `storage.mode=${mode}`,
    `storage.path=${folder}/store/store.kv`,
  ];
  const broker = MeasuredBroker.start(settings, form);
  try {
    const conn = await broker.connect("measure");
    const accepted = performance.now() - begin;
    await conn.read(new Uint8Array(4));
    const answered = performance.now() - begin;
    const cpu = broker.exactCpu;
    await sleep(3_000);
    const { memory } = broker;
    conn.close();
    return { accepted, answered, cpu: cpu * 1000, memory };
  } finally {
    await broker.stop();
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

/** CPU of a broker at rest, as a share of one core. */
async function idleCpu(form: Form): Promise<number> {
  const path = `${folder}/idle.kv`;
  const broker = MeasuredBroker.start([`storage.path=${path}`], form);
  try {
    (await broker.connect("idle")).close();
    await sleep(5_000);
    const before = broker.exactCpu;
    await sleep(30_000);
    return (broker.exactCpu - before) / 30;
  } finally {
    await broker.stop();
  }
}

try {
  await measure(forms["executable, later"], "memory");
  for (const mode of ["memory", "buffered"]) {
    const found = new Map<string, Figures[]>();
    for (let round = 0; round < rounds; round++) {
      for (const [name, form] of Object.entries(forms)) {
        const figures = await measure(form, mode);
        found.set(name, [...found.get(name) ?? [], figures]);
      }
    }
    console.log(`${mode}, medians of ${rounds}`);
    for (const [name, figures] of found) {
      const of = (key: keyof Figures) =>
        median(figures.map((one) => one[key])).toFixed(1);
      console.log(
        `  ${name.padEnd(18)} accepted ${of("accepted")} ms, CONNACK ` +
          `${of("answered")} ms, CPU ${of("cpu")} ms, ${of("memory")} MiB`,
      );
    }
  }
  const share = await idleCpu(forms["executable, later"]);
  console.log(`idle CPU ${(share * 100).toFixed(2)} % of a core`);
} finally {
  await Deno.remove(folder, { recursive: true });
}
