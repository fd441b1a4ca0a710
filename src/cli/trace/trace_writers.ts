import { Pcap, rowCells, shownRow, type TraceLine } from "../../trace/mod.ts";
import type { Output, Painted } from "../console/output.ts";
import { CommandError } from "../console/command_error.ts";
import { refuseToReplace } from "../console/refuse_to_replace.ts";
import type { TraceOptions } from "./trace_program.ts";

/** Writes the lines of a trace in one form. */
export interface TraceWriter {
  readonly write: (line: TraceLine) => void;
  readonly close: () => void;
}

/** Opens the writer that the options ask for; rejects with `CommandError`. */
export async function openTraceWriter(
  options: TraceOptions,
  output: Output,
): Promise<TraceWriter> {
  if (options.pcap !== undefined) return await pcapWriter(options);
  return options.json ? jsonWriter(options, output) : table(options, output);
}

function jsonWriter({ payload }: TraceOptions, output: Output): TraceWriter {
  const write = (line: TraceLine) => {
    const shown = "packet" in line ? shownRow(line, payload) : line;
    output.out(`${JSON.stringify(shown)}\n`);
  };
  return { write, close: () => {} };
}

/** Widths of the columns, but the last one. */
const TIME = 12;
const CLIENT = 20;
const PACKET = 11;

function table({ payload }: TraceOptions, output: Output): TraceWriter {
  const paint = output.paint ??
    ((line: readonly Painted[]) =>
      output.out(`${line.map(({ text }) => text).join("")}\n`));
  const heads = ["TIME".padEnd(TIME), "CLIENT".padEnd(CLIENT), "WAY"];
  let isBegun = false;
  const write = (line: TraceLine) => {
    if (!isBegun) {
      const text = [...heads, "PACKET".padEnd(PACKET), "CONTENT"].join("  ");
      paint([{ text, colour: "grey" }]);
      isBegun = true;
    }
    if (!("packet" in line)) return;
    const { time, client, direction, packet, isBad, details } = rowCells(
      line,
      payload,
    );
    paint([
      { text: `${time}  `, colour: "grey" },
      { text: `${client.padEnd(CLIENT)}  ` },
      {
        text: `${direction.padEnd(3)}  `,
        colour: direction === "in" ? "cyan" : "green",
      },
      { text: `${packet.padEnd(PACKET)}  `, colour: isBad ? "red" : "blue" },
      { text: details },
    ]);
  };
  return { write, close: () => {} };
}

async function pcapWriter(
  { pcap: path, force }: TraceOptions,
): Promise<TraceWriter> {
  const file = await openPcap(path!, force);
  const pcap = new Pcap();
  const put = (bytes: Uint8Array) => {
    for (let at = 0; at < bytes.length;) {
      at += file.writeSync(bytes.subarray(at));
    }
  };
  put(pcap.header());
  const write = (line: TraceLine) => {
    if ("packet" in line) pcap.records(line).forEach(put);
  };
  return { write, close: () => file.close() };
}

async function openPcap(path: string, force?: boolean) {
  if (path === "-") {
    if (Deno.stdout.isTerminal()) {
      throw new CommandError(
        "a pcap file is not for a terminal: --pcap - | tshark -r -",
      );
    }
    const writeSync = (bytes: Uint8Array) => Deno.stdout.writeSync(bytes);
    return { writeSync, close: () => {} };
  }
  await refuseToReplace(path, force);
  try {
    // Payloads are for this user alone.
    const mode = { write: true, create: true, truncate: true, mode: 0o600 };
    return await Deno.open(path, mode);
  } catch (error) {
    const { message } = error as Error;
    throw new CommandError(`${path} cannot be written: ${message}`, error);
  }
}
