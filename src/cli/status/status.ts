import type { BrokerStatus } from "../../broker/mod.ts";
import type { Clock } from "../../clock/mod.ts";
import { CommandError } from "../console/command_error.ts";
import { jsonText } from "../console/json_text.ts";
import type { Output } from "../console/output.ts";
import { withoutControls } from "../console/shown_text.ts";
import { askAt } from "../running/ask_broker.ts";
import { controlMeant } from "../running/control_meant.ts";
import { startError } from "../settings/start_error.ts";
import type { StatusOptions } from "./status_program.ts";
import { statusText } from "./status_text.ts";

/** From one answer to the next with `--watch` (ms). */
const INTERVAL = 2000;

/** Moves to the first line and column; deletes all that follows. */
const HOME = "\x1b[H";
const CLEAR_LINE = "\x1b[K";
const CLEAR_REST = "\x1b[J";

/** Ports of the command. */
export interface StatusPorts {
  /** Whether the answers go to one. */
  readonly isTerminal: boolean;
  /** Writes text of our own alone, with control characters. */
  readonly steer: (text: string) => void;
  /** Resolves after `ms`. */
  readonly wait: (ms: number) => Promise<void>;
}

/** Asks the broker once. */
type Ask = () => Promise<BrokerStatus>;

/**
 * Runs `dunlin status`. Resolves to the exit code: 0 when a broker answers, else
 * 1. With `--watch` it resolves when the broker answers no longer.
 */
export async function status(
  options: StatusOptions,
  environment: Readonly<Record<string, string>>,
  output: Output,
  clock: Clock,
  ports: StatusPorts,
): Promise<0 | 1> {
  try {
    const ask = await asker(options, environment, output, clock);
    if (!options.watch) {
      show(await ask(), options, output);
      return 0;
    }
    const draws = ports.isTerminal && !options.json;
    if (draws) ports.steer(`${HOME}${CLEAR_REST}`);
    for (;;) {
      const answer = await ask();
      if (draws) redraw(statusText(answer), ports);
      else show(answer, options, output);
      await ports.wait(INTERVAL);
    }
  } catch (error) {
    const message = error instanceof CommandError
      ? error.message
      : startError(error);
    if (options.json) {
      output.out(line({ ok: false, running: false, message }, options));
    } else output.err(`dunlin: ${message}\n`);
    return 1;
  }
}

/** Finds the broker that the command means. */
async function asker(
  options: StatusOptions,
  environment: Readonly<Record<string, string>>,
  output: Output,
  clock: Clock,
): Promise<Ask> {
  const request = { command: "status", history: true };
  const path = await controlMeant(options, environment, output);
  return () => askAt<BrokerStatus>(path, request, clock);
}

function show(
  answer: BrokerStatus,
  options: StatusOptions,
  output: Output,
): void {
  output.out(
    options.json ? line({ ok: true, ...answer }, options) : statusText(answer),
  );
}

/** Returns JSON for people, or with `--watch` one line for programs. */
function line(
  answer: Readonly<Record<string, unknown>>,
  { watch }: StatusOptions,
): string {
  return watch ? `${JSON.stringify(answer)}\n` : jsonText(answer);
}

/** Writes over the text before: a terminal that is cleared would flicker. */
function redraw(text: string, { steer }: StatusPorts): void {
  const lines = withoutControls(text).replaceAll("\n", `${CLEAR_LINE}\n`);
  steer(HOME + lines + CLEAR_REST);
}
