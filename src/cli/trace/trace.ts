import type { TraceStarted } from "../../broker/mod.ts";
import { parseDuration, SettingsError } from "../../config/mod.ts";
import type { TraceEnd, TraceGap, TraceLine } from "../../trace/mod.ts";
import { CommandError } from "../console/command_error.ts";
import { counted } from "../console/figures.ts";
import type { Output } from "../console/output.ts";
import { controlMeant } from "../running/control_meant.ts";
import { streamBroker } from "../running/stream_broker.ts";
import { UnreadableFile } from "../settings/read_settings.ts";
import type { TraceOptions } from "./trace_program.ts";
import { openTraceWriter } from "./trace_writers.ts";

/**
 * Runs `dunlin trace`. `onInterrupt` calls its argument when the user ends the
 * command. Resolves to the exit code: 0 when the trace came to its end.
 */
export async function trace(
  options: TraceOptions,
  environment: Readonly<Record<string, string>>,
  output: Output,
  onInterrupt: (end: () => void) => void,
): Promise<0 | 1> {
  try {
    const request = requestOf(options);
    const path = await controlMeant(options, environment, output);
    const writer = await openTraceWriter(options, output);
    try {
      const stream = await streamBroker<TraceStarted>(path, request);
      const { started, lines, end } = stream;
      onInterrupt(end);
      const until = new Date(started.until).toLocaleTimeString("en-GB");
      output.err(`dunlin: tracing until ${until}; Ctrl-C ends it\n`);
      return await follow(lines, writer.write, output);
    } finally {
      writer.close();
    }
  } catch (error) {
    if (!isSaid(error)) throw error;
    output.err(`dunlin: ${error.message}\n`);
    return 1;
  }
}

function isSaid(error: unknown): error is Error {
  return error instanceof CommandError || error instanceof SettingsError ||
    error instanceof UnreadableFile;
}

function requestOf(options: TraceOptions): Record<string, unknown> {
  const { client, topic, address, direction, packets, payload } = options;
  const duration = parseDuration(options.for);
  if (duration === null) {
    throw new CommandError(
      `--for ${options.for}: give a duration, as 30s, 10m or 1h30m`,
    );
  }
  return {
    command: "trace",
    ...{ client, topic, address, direction, duration },
    packets: packets?.split(",").map((one) => one.trim().toLowerCase()),
    ...payload === "none" ? { preview: 0 } : {},
    ...options.pcap === undefined ? {} : { bytes: true, payload: false },
  };
}

/** Writes the lines as they come, and says how they ended. */
async function follow(
  lines: AsyncIterable<string>,
  write: (line: TraceLine) => void,
  output: Output,
): Promise<0 | 1> {
  let end: TraceEnd | null = null;
  for await (const text of lines) {
    const line = JSON.parse(text) as TraceLine;
    write(line);
    if ("missing" in line && "why" in line) output.err(gapText(line));
    else if ("end" in line) end = line;
  }
  output.err(endText(end));
  return end === null || end.end === "failed" ? 1 : 0;
}

function gapText({ missing, why }: TraceGap): string {
  const reason = why === "rate"
    ? "more than 1,000 in a second"
    : "read too slowly here";
  return `dunlin: ${counted(missing, "packet")} left out: ${reason}\n`;
}

const ENDS: Readonly<Record<TraceEnd["end"], string>> = {
  time: "the time is up",
  stopped: "ended",
  "broker stops": "the broker stops",
  failed: "the broker has met an error of its own; its log has it",
};

function endText(end: TraceEnd | null): string {
  if (end === null) return "dunlin: the broker has ended\n";
  const { rows, missing } = end;
  const left = missing === 0 ? "" : `, ${missing} left out`;
  return `dunlin: ${ENDS[end.end]}: ${counted(rows, "packet")}${left}\n`;
}
