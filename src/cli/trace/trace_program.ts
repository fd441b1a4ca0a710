import { type Command, Option } from "commander";
import { addCommand, addSettings } from "../console/commands.ts";

/** Options of `dunlin trace`. */
export interface TraceOptions {
  /** Configuration file of the broker. */
  readonly config?: string;
  /** Single settings. */
  readonly set?: readonly string[];
  /** Process id of the broker. */
  readonly process?: string;
  /** Client id, in which `*` stands for any characters. */
  readonly client?: string;
  /** Topic filter. */
  readonly topic?: string;
  /** IP address or network. */
  readonly address?: string;
  /** Only one direction. */
  readonly direction?: "in" | "out";
  /** Kinds of packets, with commas between. */
  readonly packets?: string;
  /** Duration, as `10m`. */
  readonly for: string;
  /** Form of payloads. */
  readonly payload: "text" | "json" | "hex" | "none";
  /** A line of JSON for each packet. */
  readonly json?: boolean;
  /** File for packets as tshark reads them; `-` for the standard output. */
  readonly pcap?: string;
  /** Replaces that file. */
  readonly force?: boolean;
}

/** Runs `dunlin trace`; resolves to its exit code. */
export type RunTrace = (options: TraceOptions) => Promise<number>;

const ABOUT = `
Shows the packets of the running broker as they come and go: without options all
of them, with several options those that all of them choose. A trace shows at most
1,000 packets a second, and ends by itself after --for (Ctrl-C ends it before). It
says how many packets it left out. Passwords and authentication data never show;
payloads are cut after 4 KiB.

  dunlin trace --client 'sensor-*' --packets publish,puback
  dunlin trace --topic 'home/+/door' --payload json
  dunlin trace --pcap - | tshark -r -
`;

/** Adds `dunlin trace`; `onCode` gets the exit code. */
export function addTrace(
  program: Command,
  run: RunTrace,
  onCode: (code: number) => void,
): void {
  const doc = "show the packets between clients and the running broker";
  const command = addCommand(program, "trace", doc, ABOUT)
    .option("--client <ID>", "client id; * stands for any characters")
    .option(
      "--topic <FILTER>",
      "messages of these topics, with their acknowledgements, and subscriptions",
    )
    .option("--address <NETWORK>", "clients at this IP address or network")
    .addOption(
      new Option("--direction <WAY>", "in: from clients; out: to clients")
        .choices(["in", "out"]),
    )
    .option(
      "--packets <KINDS>",
      "kinds of packets, as publish,subscribe,closed",
    )
    .option("--for <DURATION>", "end by itself after this time", "10m")
    .addOption(
      new Option("--payload <FORM>", "how payloads show")
        .choices(["text", "json", "hex", "none"]).default("text"),
    )
    .addOption(
      new Option("--json", "a line of JSON for each packet").conflicts("pcap"),
    )
    .option(
      "--pcap <FILE>",
      "write a pcap file for tshark (-: standard output)",
    )
    .option("--force", "replace the pcap file")
    .option("--process <PID>", "process id of the broker, where several run");
  addSettings(command)
    .action(async (options: TraceOptions) => onCode(await run(options)));
}
