import { type Command, Option } from "commander";
import type { ExplainOptions } from "./explain_options.ts";

/** Runs `dunlin explain`; resolves to its exit code. */
export type RunExplain = (options: ExplainOptions) => Promise<number>;

const ABOUT = `
Without --live nothing has to run: the answer is what the settings say, as
"dunlin serve" with the same --config and --set would take them. Without these,
and if one broker of this user runs, they are those of its configuration file.
With --live the broker that runs on the same settings is asked what it knows of
that client: what it subscribed to, what waits for it, and why messages did not
reach it.
`;

/** Adds `dunlin explain`; `onCode` gets the exit code. */
export function addExplain(
  program: Command,
  run: RunExplain,
  onCode: (code: number) => void,
): void {
  const repeated = (value: string, before: string[] = []) => [...before, value];
  program.command("explain")
    .description("say who may do what, and which rule decides")
    .helpOption("-h, --help", "show this help")
    .requiredOption("--client <ID>", "client id")
    .requiredOption("--topic <TOPIC>", "topic, or filter to subscribe to")
    .option("--user <NAME>", "user name")
    .option("--password-file <FILE>", "its first line is the user's password")
    .option("--publish", "explain publishing alone")
    .option("--subscribe", "explain subscribing and receiving alone")
    .addOption(
      new Option("--qos <QOS>", "of the message or the subscription")
        .choices(["0", "1", "2"]).default("0"),
    )
    .option("--retain", "the message is to be retained")
    .option("--listener <NAME>", "where it comes in (the first)")
    .option("--address <IP>", "where it comes from", "127.0.0.1")
    .option("--live", "ask the broker that runs")
    .option("-c, --config <FILE>", "configuration file (or DUNLIN_CONFIG)")
    .option("--set <KEY=VALUE>", "any setting; may be repeated", repeated)
    .option("--json", "answer in JSON")
    .allowExcessArguments(false).addHelpText("after", ABOUT)
    .action(async (options: ExplainOptions) => onCode(await run(options)));
}
