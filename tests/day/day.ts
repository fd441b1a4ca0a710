import { BrokerProcess } from "../support/process.ts";
import { within } from "../support/wait.ts";
import { type Figures, figuresOf } from "./figures.ts";
import { Home, type HomeCounts, type HomePlan } from "./home.ts";

/** A run of a home beside a broker of its own. */
export interface DayPlan extends HomePlan {
  /** Seconds of the home that the run lasts. */
  readonly seconds: number;
  /** Samples of figures in the whole run. */
  readonly samples: number;
  /** Settings of the broker, as `--set` takes them. */
  readonly settings: readonly string[];
  /** Options of the runtime beside its permissions. */
  readonly runtime: readonly string[];
  /** Folder of the store. */
  readonly folder: string;
}

/** Figures at one time of a run. */
export interface Sample extends Figures {
  /** Seconds of the home since its beginning. */
  readonly at: number;
  /** Median and 99th percentile since the sample before (ms); NaN without. */
  readonly median: number;
  readonly slow: number;
}

/** The result of a run. */
export interface Day {
  readonly samples: readonly Sample[];
  readonly counts: HomeCounts;
  /** Retained messages that the broker had at the end. */
  readonly retained: number;
  /** Seconds of the home that the run took in truth. */
  readonly seconds: number;
}

/** Between two looks at what is due (ms). */
const TICK = 5;

/** Runs a home; calls `onSample` for each sample. */
export async function runDay(
  plan: DayPlan,
  onSample: (sample: Sample) => void = () => {},
): Promise<Day> {
  await using broker = await BrokerProcess.start({
    args: plan.settings.flatMap((one) => ["--set", one]),
    env: {
      DUNLIN_STORAGE__MODE: "buffered",
      DUNLIN_STORAGE__PATH: `${plan.folder}/store.kv`,
    },
    runtime: plan.runtime,
  });
  const home = new Home(broker.port(), plan);
  await home.open();
  const samples: Sample[] = [];
  const take = async (at: number) => {
    const latencies = home.takeLatencies();
    const sample = {
      ...await figuresOf(broker.pid),
      at,
      median: part(latencies, 0.5),
      slow: part(latencies, 0.99),
    };
    samples.push(sample);
    onSample(sample);
  };
  const began = performance.now();
  await take(0);
  let at = 0;
  while (at < plan.seconds) {
    await new Promise((wake) => setTimeout(wake, TICK));
    const passed = (performance.now() - began) / 1000 * plan.speed;
    at = Math.min(passed, plan.seconds);
    await home.live(at);
    if (at >= samples.length * plan.seconds / plan.samples) await take(at);
  }
  const retained = await home.countRetained();
  await home.close();
  const { counts } = home;
  broker.signal("SIGTERM");
  const { code, stderr } = await within("the exit", broker.ended);
  if (code !== 0) throw new Error(`the broker ended with ${code}:\n${stderr}`);
  return { samples, counts, retained, seconds: at };
}

/** Returns the value below which `share` of the sorted `values` are. */
function part(values: readonly number[], share: number): number {
  if (values.length === 0) return NaN;
  return values[Math.min(values.length - 1, Math.floor(values.length * share))];
}

/** Returns the median of `values`. */
export function medianOf(values: readonly number[]): number {
  return part([...values].sort((a, b) => a - b), 0.5);
}
