import { type Command, Option } from "commander";
import { addCommand } from "../console/commands.ts";
import { addConnect, type ConnectOptions } from "./connect_options.ts";

/** Options of `dunlin record`. */
export interface RecordOptions extends ConnectOptions {
  /** `0`, `1` or `2`. */
  readonly qos: string;
  /** False: without messages that were retained before. */
  readonly retained: boolean;
  /** Duration, as `10m`. */
  readonly for?: string;
  /** Messages after which it ends. */
  readonly count?: string;
  /** Replaces the file. */
  readonly force?: boolean;
}

/** Options of `dunlin replay`. */
export interface ReplayOptions extends ConnectOptions {
  /** As `2x`, or `max`. */
  readonly speed: string;
  /** Put before each topic. */
  readonly topicPrefix?: string;
  /** False: no message is retained. */
  readonly retain: boolean;
}

/** Runs `dunlin record`; resolves to its exit code. */
export type RunRecord = (
  file: string,
  filters: readonly string[],
  options: RecordOptions,
) => Promise<number>;

/** Runs `dunlin replay`; resolves to its exit code. */
export type RunReplay = (
  file: string,
  options: ReplayOptions,
) => Promise<number>;

const RECORD = `
Subscribes to the FILTERs (# without any) at any MQTT broker, and writes each
message with its time, topic, payload, QoS, RETAIN and properties as one line of
JSON. FILE may be - for the standard output. Ctrl-C ends it.

  dunlin record day.ndjson 'home/#' --for 1h
  dunlin record - 'home/#' | jq .topic
`;

const REPLAY = `
Publishes the messages of a recording in their order, as far apart as they came,
or faster. QoS above 0 is acknowledged before the command ends. The exit code is
1 if the broker refuses a message.

  dunlin replay day.ndjson --speed 10x --url mqtt://test.example:1883
  dunlin replay day.ndjson --speed max --topic-prefix test/
`;

/** Adds both commands; `onCode` gets the exit code. */
export function addRecord(
  program: Command,
  record: RunRecord,
  replay: RunReplay,
  onCode: (code: number) => void,
): void {
  const recording = addCommand(
    program,
    "record",
    "write messages to a file, with their times",
    RECORD,
  ).argument("<FILE>", "the recording, a line of JSON for each message")
    .argument("[FILTER...]", "topic filters");
  addConnect(recording)
    .addOption(
      new Option("--qos <QOS>", "highest QoS of the subscriptions")
        .choices(["0", "1", "2"]).default("2"),
    )
    .option("--no-retained", "leave out messages that were retained before")
    .option("--for <DURATION>", "end after this time, as 10m")
    .option("--count <NUMBER>", "end after so many messages")
    .option("--force", "replace the file")
    .action(async (
      file: string,
      filters: readonly string[],
      options: RecordOptions,
    ) => onCode(await record(file, filters, options)));
  const replaying = addCommand(
    program,
    "replay",
    "publish the messages of a recording again",
    REPLAY,
  ).argument("<FILE>", "what dunlin record has written");
  addConnect(replaying)
    .option("--speed <FACTOR>", "as 2x, 0.5x, or max for no pauses", "1x")
    .option("--topic-prefix <TOPIC>", "put before each topic, as test/")
    .option("--no-retain", "publish no message as retained")
    .action(async (file: string, options: ReplayOptions) =>
      onCode(await replay(file, options))
    );
}
