import type { Argument, Command, Option } from "commander";
import { settingWords } from "../../config/mod.ts";

/** A value that an option or argument takes. */
export interface ValueWords {
  /** Its name in the help: `FILE`. */
  readonly name: string;
  /** The only values; empty where any will do. */
  readonly choices: readonly string[];
}

/** An option of a command. */
export interface OptionWords {
  /** All its names: `-c` and `--config`. */
  readonly names: readonly string[];
  readonly about: string;
  /** Null for an option without a value. */
  readonly value: ValueWords | null;
  /** Whether it may be given more than once. */
  readonly repeats: boolean;
}

/** A command with all its words. */
export interface CommandWords {
  /** Its name; aliases follow. */
  readonly names: readonly string[];
  readonly about: string;
  readonly options: readonly OptionWords[];
  readonly arguments: readonly ValueWords[];
  readonly commands: readonly CommandWords[];
}

/** Returns the words of `command` and of all commands below it. */
export function wordsOf(command: Command): CommandWords {
  // With the help option, and the command `help` where there is one.
  const help = command.createHelp();
  return {
    names: [command.name(), ...command.aliases()],
    about: command.description(),
    options: help.visibleOptions(command).map(optionWords),
    arguments: command.registeredArguments.map(argumentWords),
    commands: command.commands.map(wordsOf),
  };
}

function optionWords(option: Option): OptionWords {
  const value = /[<[](.*)[>\]]$/.exec(option.flags)?.[1];
  return {
    names: [option.short, option.long].filter((name) => name !== undefined),
    about: option.description,
    value: value === undefined
      ? null
      : { name: value, choices: option.argChoices ?? choicesOf(value) },
    // Commander has no other sign of it; choices have a reader as well.
    repeats: option.parseArg !== undefined && option.argChoices === undefined &&
      / repeated$/.test(option.description),
  };
}

/** The settings check a level, so commander has no choices for it. */
function choicesOf(value: string): readonly string[] {
  if (value !== "LEVEL") return [];
  return settingWords().find(({ name }) => name === "log.level")!.values;
}

function argumentWords(argument: Argument): ValueWords {
  return { name: argument.name(), choices: argument.argChoices ?? [] };
}

/** The candidates that a shell offers for a value. */
export type Completed =
  | "choices"
  | "files"
  | "folders"
  | "settings"
  | "nothing";

/** Values by their names in the help. */
const COMPLETED: Readonly<Record<string, Completed>> = {
  FILE: "files",
  PATH: "files",
  USED: "files",
  CERTIFICATE: "files",
  CSR: "files",
  FOLDER: "folders",
  "KEY=VALUE": "settings",
};

/** Returns what `value` is completed with. */
export function completedWith(value: ValueWords): Completed {
  if (value.choices.length > 0) return "choices";
  return COMPLETED[value.name] ?? "nothing";
}

/** A command with the names that lead to it; none for the program itself. */
export interface Place {
  readonly path: readonly string[];
  readonly command: CommandWords;
}

/**
 * Returns every command, each under all its names. The program itself has the
 * options of `serve` too: without a command they are meant.
 */
export function placesOf(program: CommandWords): Place[] {
  const serve = program.commands.find(({ names }) => names[0] === "serve");
  const own = new Set(program.options.flatMap(({ names }) => names));
  const options = [
    ...program.options,
    ...(serve?.options ?? []).filter(({ names }) =>
      !names.some((name) => own.has(name))
    ),
  ];
  return below([], { ...program, options });
}

function below(path: readonly string[], command: CommandWords): Place[] {
  return [
    { path, command },
    ...command.commands.flatMap((one) =>
      one.names.flatMap((name) => below([...path, name], one))
    ),
  ];
}
