import type { Command } from "commander";
import type { Clock } from "../../clock/mod.ts";
import {
  type ClientMessage,
  MqttClient,
  readAddress,
} from "../../client/mod.ts";
import { CommandError } from "../console/command_error.ts";
import { readPassword, readText } from "../console/read_input.ts";

/** Options that name a broker, and the user that connects. */
export interface ConnectOptions {
  /** URL of the broker. */
  readonly url: string;
  /** User name. */
  readonly user?: string;
  /** File with the user's password, its first line. */
  readonly passwordFile?: string;
  /** File with authorities in PEM. */
  readonly ca?: string;
  /** Client id. */
  readonly clientId?: string;
}

/** Adds these options to a command. */
export function addConnect(command: Command): Command {
  return command
    .option(
      "-u, --url <URL>",
      "broker, as mqtt://HOST:PORT or mqtts://HOST:PORT",
      "mqtt://127.0.0.1:1883",
    )
    .option("--user <NAME>", "user name")
    .option("--password-file <FILE>", "file whose first line is the password")
    .option("--ca <FILE>", "authorities in PEM, for mqtts")
    .option("--client-id <ID>", "client id (a random one)");
}

/** Connects as `options` say; rejects with `CommandError`. */
export async function connectClient(
  options: ConnectOptions,
  kind: string,
  clock: Clock,
  onMessage: (message: ClientMessage) => void = () => {},
): Promise<MqttClient> {
  const { url, user, passwordFile, ca } = options;
  try {
    const address = readAddress(url);
    const chance = crypto.randomUUID().slice(0, 8);
    return await MqttClient.connect({
      ...{ address, clock, onMessage },
      authorities: ca === undefined ? [] : [await readText(ca)],
      clientId: options.clientId ?? `dunlin-${kind}-${chance}`,
      username: user ?? address.username,
      password: passwordFile === undefined
        ? address.password
        : await readPassword(passwordFile),
    });
  } catch (error) {
    if (error instanceof CommandError) throw error;
    const { message } = error as Error;
    const isUrl = error instanceof RangeError;
    const shown = url.replace(/:\/\/[^/]*@/, "://");
    throw new CommandError(isUrl ? message : `${shown}: ${message}`, error);
  }
}
