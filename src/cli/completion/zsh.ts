import type { SettingWords } from "../../config/mod.ts";
import {
  type CommandWords,
  completedWith,
  type OptionWords,
  type ValueWords,
} from "./command_tree.ts";

/** Returns `text` in single quotes. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Returns `text` with what `_arguments` would take for its own signs. */
function plain(text: string): string {
  return text.replace(/[\\:[\]]/g, "\\$&");
}

function action(value: ValueWords): string {
  const name = plain(value.name);
  switch (completedWith(value)) {
    case "choices":
      return `:${name}:(${value.choices.join(" ")})`;
    case "files":
      return `:${name}:_files`;
    case "folders":
      return `:${name}:_files -/`;
    case "settings":
      return `:${name}:_dunlin_settings`;
    case "nothing":
      return `:${name}: `;
  }
}

/** Returns the lines for one option: one for each of its names. */
function optionLines({ names, about, value, repeats }: OptionWords): string[] {
  const others = repeats ? "*" : `(${names.join(" ")})`;
  return names.map((name) => {
    const takes = value === null ? "" : action(value);
    // A long name takes its value behind "=" or as the next word.
    const joint = value !== null && name.startsWith("--") ? "=" : "";
    return quoted(`${others}${name}${joint}[${plain(about)}]${takes}`);
  });
}

/** Returns the function for one command, and those for the commands below. */
function functions(command: CommandWords, name: string): string {
  const options = command.options.flatMap(optionLines);
  if (command.commands.length === 0) {
    const rest = command.arguments.map((one) => quoted(action(one)));
    const lines = ["_arguments -s", ...options, ...rest];
    return `${name}() {\n  ${lines.join(" \\\n    ")}\n}\n`;
  }
  const rows = command.commands.flatMap(({ names, about }) =>
    names.map((one) => quoted(`${one}:${about}`))
  );
  const below = (one: CommandWords) => `${name}_${one.names[0]}`;
  const lines = [
    "_arguments -s -C",
    ...options,
    "'1:command:->command'",
    "'*::argument:->rest'",
  ];
  const cases = command.commands.map((one) =>
    `        ${one.names.join(" | ")}) ${below(one)} ;;`
  );
  return `${name}() {
  local context state state_descr line
  typeset -A opt_args
  ${lines.join(" \\\n    ")} && return
  case $state in
    command)
      local -a commands=(
        ${rows.join("\n        ")}
      )
      _describe command commands
      ;;
    rest)
      case $words[1] in
${cases.join("\n")}
      esac
      ;;
  esac
}
${command.commands.map((one) => functions(one, below(one))).join("")}`;
}

/** Returns the completion script for zsh, a file named `_dunlin` in `fpath`. */
export function zshScript(
  program: CommandWords,
  settings: readonly SettingWords[],
): string {
  const serve = program.commands.find(({ names }) => names[0] === "serve");
  const own = new Set(program.options.flatMap(({ names }) => names));
  const bare = (serve?.options ?? []).filter(({ names }) =>
    !names.some((name) => own.has(name))
  );
  const whole = { ...program, options: [...program.options, ...bare] };
  const values = settings.filter(({ values }) => values.length > 0)
    .map(({ name, values }) =>
      `      ${name}) compadd -- ${values.join(" ")} ;;`
    );
  return `#compdef dunlin
# zsh completion for dunlin; "dunlin completion zsh" prints this.
_dunlin_settings() {
  if compset -P '*='; then
    case \${IPREFIX%=} in
${values.map((one) => one.replace(/^( *)/, "$1*")).join("\n")}
    esac
    return
  fi
  compadd -S = -- ${settings.map(({ name }) => name).join(" ")}
}
${functions(whole, "_dunlin")}
if [ "$funcstack[1]" = _dunlin ]; then
  _dunlin "$@"
else
  compdef _dunlin dunlin
fi
`;
}
