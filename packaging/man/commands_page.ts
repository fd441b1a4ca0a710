import type { Command } from "commander";
import {
  type CommandWords,
  wordsOf,
} from "../../src/cli/completion/command_tree.ts";
import { type Commands, programOf } from "../../src/cli/program.ts";
import { VERSION } from "../../src/config/mod.ts";
import {
  entry,
  heading,
  paragraphs,
  subheading,
  title,
  verbatim,
} from "./roff.ts";

const FILES = [
  ["/etc/dunlin/dunlin.toml", "settings of the service"],
  ["/var/lib/dunlin", "store and certificate authority of the service"],
  [
    "~/.local/state/dunlin",
    "store and certificate authority of a broker that is no service",
  ],
] as const;

const SIGNALS = [
  ["SIGTERM, SIGINT", "stops the broker; a second one ends it at once"],
  ["SIGHUP", "reads settings, certificates and passwords again"],
  ["SIGUSR1", "writes all changes to the disk"],
  ["SIGUSR2", "logs the state of the broker"],
] as const;

const EXITS = [
  ["0", "success"],
  ["1", "failure; the error output says why"],
  ["2", "a mistake on the command line"],
  ["3", "dunlin import: the result allows less than Mosquitto"],
] as const;

const ENVIRONMENT = [
  ["DUNLIN_CONFIG", "the settings file, where --config names none"],
  ["DUNLIN_SECTION__KEY", "a setting, as DUNLIN_LIMITS__MAX_INFLIGHT=20"],
] as const;

/** Returns dunlin(1), made of the help of all commands. */
export function commandsPage(date: string): string {
  const texts: string[] = [];
  const output = {
    out: (text: string) => void texts.push(text),
    err: () => {},
  };
  const program = programOf({} as Commands, output, () => {});
  const list = (rows: readonly (readonly [string, string])[]) =>
    rows.map(([term, text]) => entry(term, text)).join("");
  return title("DUNLIN", 1, VERSION, date) +
    heading("NAME") +
    `dunlin \\- ${program.description().replace(/\.$/, "")}\n` +
    heading("SYNOPSIS") + verbatim("dunlin [options]\ndunlin COMMAND ...") +
    heading("DESCRIPTION") + paragraphs(remarks(program, texts)) +
    heading("COMMANDS") + commands(program, [], texts) +
    heading("SIGNALS") + list(SIGNALS) +
    heading("EXIT STATUS") + list(EXITS) +
    heading("ENVIRONMENT") + list(ENVIRONMENT) +
    heading("FILES") + list(FILES) +
    heading("SEE ALSO") + ".BR dunlin.toml (5)\n";
}

/** Returns what the help says behind its lists. */
function remarks(command: Command, texts: string[]): string {
  texts.length = 0;
  command.outputHelp();
  return texts.join("").replace(command.helpInformation(), "").trim();
}

function commands(
  parent: Command,
  path: readonly string[],
  texts: string[],
): string {
  let text = "";
  // Groups say what they say once, not behind each command.
  const said = path.length === 0 ? "" : remarks(parent, texts);
  for (const command of parent.commands) {
    const names = [...path, command.name()];
    const words = wordsOf(command);
    if (command.commands.length > 0) {
      const about = paragraphs(`${capital(words.about)}.`);
      const more = verbatim(remarks(command, texts));
      text += subheading(names.join(" ")) + about + more +
        commands(command, names, texts);
      continue;
    }
    const own = remarks(command, texts);
    text += subheading(names.join(" ")) +
      verbatim(`dunlin ${[...path, ""].join(" ")}${usage(command)}`) +
      paragraphs(`${capital(words.about)}.`) + options(words) +
      (own === "" || own === said ? "" : verbatim(own));
  }
  return text;
}

function usage(command: Command): string {
  return `${command.name()} ${command.usage()}`;
}

function options({ options }: CommandWords): string {
  return options.filter(({ names }) => !names.includes("--help"))
    .map(({ names, about, value }) => {
      const takes = value === null ? "" : ` ${value.name}`;
      const choices = value === null || value.choices.length === 0 ||
          about.startsWith(value.choices[0])
        ? []
        : [`One of ${value.choices.join(", ")}.`];
      const term = names.map((name) => `${name}${takes}`).join(", ");
      return entry(term, `${capital(about)}.`, ...choices);
    }).join("");
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
