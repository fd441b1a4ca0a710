import { join } from "node:path";
import type { Output } from "../console/output.ts";
import { findRunning } from "./find_running.ts";
import type { RunningBroker } from "./running_broker.ts";

/** The options by which a command names its settings. */
export interface Naming {
  /** Configuration file. */
  readonly config?: string;
  /** Single settings. */
  readonly set?: readonly string[];
}

/** The broker that a command without settings of its own uses. */
export interface Meant {
  /** The broker that runs; null when the settings say what is meant. */
  readonly broker: RunningBroker | null;
  /** The brokers that run, where several do and none is named; else none. */
  readonly several: readonly RunningBroker[];
  /**
   * Says on the error output what is used, as "using the store FILE", and why;
   * nothing where the command names its settings.
   */
  readonly say: (what: string) => void;
}

/** Variables that name a store or an authority. */
const NAMING = /^DUNLIN_(STORAGE__PATH|AUTHORITY__(PATH|LIST))$/;

/**
 * Finds the broker for a command that names no settings: the only running
 * broker of this user. The command was called in `folder`.
 */
export function meantBroker(
  { config, set }: Naming,
  environment: Readonly<Record<string, string>>,
  output: Output,
  folder = Deno.cwd(),
): Meant {
  const isNamed = config !== undefined || (set ?? []).length > 0 ||
    Boolean(environment.DUNLIN_CONFIG) ||
    Object.keys(environment).some((name) => NAMING.test(name));
  if (isNamed) return { broker: null, several: [], say: () => {} };
  const running = findRunning(environment);
  const tell = (text: string) => output.err(`dunlin: ${text}\n`);
  if (running.length === 1) {
    const [broker] = running;
    const by = `process ${broker.pid}, ${broker.config ?? "no settings file"}`;
    const why = `of the broker that runs (${by})`;
    const say = (what: string) => tell(`${what} ${why}`);
    return { broker, several: [], say };
  }
  const why = running.length === 0
    ? "no broker of this user runs"
    : `${running.length} brokers of this user run (${
      running.map(({ config, pid }) => config ?? `process ${pid}`).join(", ")
    })`;
  const here = join(folder, "dunlin.toml");
  const passedOver = isFile(here)
    ? `; ${here} is not read without --config`
    : "";
  return {
    broker: null,
    several: running,
    say: (what) =>
      tell(`${what}: no --config is given and ${why}${passedOver}`),
  };
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
