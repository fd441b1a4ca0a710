import { type Command, Option } from "commander";
import { addCommand, addSettings } from "../console/commands.ts";
import type { ExplainOptions } from "./explain_options.ts";

/** Runs `dunlin explain`; resolves to its exit code. */
export type RunExplain = (options: ExplainOptions) => Promise<number>;

const ABOUT = `
Without --live the answer follows from the settings that --config, --set and the
environment give, and no broker needs to run. Without them the settings are those
of the broker, if exactly one broker of this user runs. With --live the running
broker answers: which subscriptions of the client match, which messages wait, and
why messages did not reach the client.
`;

/** Adds `dunlin explain`; `onCode` gets the exit code. */
export function addExplain(
  program: Command,
  run: RunExplain,
  onCode: (code: number) => void,
): void {
  const doc = "explain what a client may do, and which rule decides";
  const command = addCommand(program, "explain", doc, ABOUT)
    .requiredOption("--client <ID>", "client id")
    .requiredOption("--topic <TOPIC>", "topic, or filter to subscribe to")
    .option("--user <NAME>", "user name")
    .option("--password-file <FILE>", "file whose first line is the password")
    .option("--publish", "explain publishing only")
    .option("--subscribe", "explain subscribing and receiving only")
    .addOption(
      new Option("--qos <QOS>", "QoS of the message or the subscription")
        .choices(["0", "1", "2"]).default("0"),
    )
    .option("--retain", "the message is retained")
    .option("--listener <NAME>", "listener of the client (the first one)")
    .option("--address <IP>", "address of the client", "127.0.0.1")
    .option("--live", "ask the running broker");
  addSettings(command)
    .option("--json", "answer in JSON")
    .action(async (options: ExplainOptions) => onCode(await run(options)));
}
