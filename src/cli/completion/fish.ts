import type { SettingWords } from "../../config/mod.ts";
import {
  type CommandWords,
  completedWith,
  type OptionWords,
  type Place,
  placesOf,
  type ValueWords,
} from "./command_tree.ts";

/** Returns `text` in single quotes. */
function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}

function action(value: ValueWords): string {
  switch (completedWith(value)) {
    case "choices":
      return ` -x -a ${quoted(value.choices.join(" "))}`;
    case "files":
      return " -r -F";
    case "folders":
      return " -x -a '(__fish_complete_directories)'";
    case "settings":
      return " -x -a '(__dunlin_settings)'";
    case "nothing":
      return " -x";
  }
}

function optionLine(at: string, { names, about, value }: OptionWords): string {
  const flags = names.map((name) =>
    name.startsWith("--") ? ` -l ${name.slice(2)}` : ` -s ${name.slice(1)}`
  ).join("");
  const takes = value === null ? "" : action(value);
  return `${at}${flags}${takes} -d ${quoted(about)}`;
}

function placeLines({ path, command }: Place): string[] {
  const at = `complete -c dunlin -n ${
    quoted(`__dunlin_at ${quoted(path.join(" "))}`)
  }`;
  const commands = command.commands.flatMap(({ names, about }) =>
    names.map((name) => `${at} -a ${name} -d ${quoted(about)}`)
  );
  const [first] = command.commands.length > 0 ? [] : command.arguments;
  return [
    ...command.options.map((one) => optionLine(at, one)),
    ...commands,
    ...first === undefined ? [] : [
      completedWith(first) === "files" ? `${at} -F` : `${at}${action(first)}`,
    ],
  ];
}

/** Returns the completion script for fish. */
export function fishScript(
  program: CommandWords,
  settings: readonly SettingWords[],
): string {
  const places = placesOf(program);
  const paths = places.filter(({ path }) => path.length > 0)
    .map(({ path }) => quoted(path.join(" ")));
  const rows = settings.flatMap(({ name, values }) =>
    values.length === 0
      ? [quoted(`${name}=`)]
      : values.map((value) => quoted(`${name}=${value}`))
  );
  return `# fish completion for dunlin; "dunlin completion fish" prints this.
function __dunlin_at
    set -l at ''
    for word in (commandline -opc)[2..-1]
        set -l next (string trim "$at $word")
        if contains -- $next ${paths.join(" ")}
            set at $next
        end
    end
    test "$at" = "$argv[1]"
end
function __dunlin_settings
    printf '%s\\n' ${rows.join(" ")}
end
complete -c dunlin -f
${places.flatMap(placeLines).join("\n")}
`;
}
