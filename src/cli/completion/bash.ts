import type { SettingWords } from "../../config/mod.ts";
import {
  type CommandWords,
  completedWith,
  type Place,
  placesOf,
  type ValueWords,
} from "./command_tree.ts";

/** Returns the assignment that chooses the candidates for a value. */
function action(value: ValueWords): string {
  switch (completedWith(value)) {
    case "choices":
      return `words='${value.choices.join(" ")}'`;
    case "files":
      return "files=file";
    case "folders":
      return "files=directory";
    case "settings":
      return "settings=1";
    case "nothing":
      return ":";
  }
}

/** A line for each option with a value: what completes the value. */
function valueCases({ path, command }: Place): string[] {
  return command.options.flatMap(({ names, value }) => {
    if (value === null) return [];
    const patterns = names.map((name) => `'${[...path, name].join(" ")}'`);
    return [`    ${patterns.join(" | ")}) ${action(value)} ;;`];
  });
}

/** A line for each command: its options, and what else may follow. */
function placeCase({ path, command }: Place): string {
  const options = command.options.flatMap(({ names }) => names).join(" ");
  const others = command.commands.flatMap(({ names }) => names);
  const rest = others.length > 0
    ? `words='${others.join(" ")}'`
    : command.arguments.length === 0
    ? ":"
    : action(command.arguments[0]);
  return `    '${path.join(" ")}') options='${options}' rest="${
    rest.replaceAll('"', '\\"')
  }" ;;`;
}

/**
 * Returns the completion script for bash. It needs no other package: the
 * functions of bash-completion are absent on small systems.
 */
export function bashScript(
  program: CommandWords,
  settings: readonly SettingWords[],
): string {
  const places = placesOf(program);
  const paths = places.filter(({ path }) => path.length > 0)
    .map(({ path }) => `'${path.join(" ")}'`);
  const values = settings.filter(({ values }) => values.length > 0)
    .map(({ name, values }) => `    ${name}) words='${values.join(" ")}' ;;`);
  return `# bash completion for dunlin; "dunlin completion bash" prints this.
_dunlin() {
  local line=\${COMP_LINE:0:COMP_POINT} typed=() at='' before='' word i
  local options='' rest='' words='' files='' settings=''
  # By spaces alone: bash would also split at "=".
  read -ra typed <<<"$line"
  if [[ $line == *[[:space:]] ]]; then typed+=(''); fi
  local current=\${typed[\${#typed[@]}-1]}
  for ((i = 1; i < \${#typed[@]} - 1; i++)); do
    word=\${typed[i]}
    before=$word
    case "\${at:+$at }$word" in
    ${paths.join(" | ")}) at="\${at:+$at }$word" ;;
    esac
  done
  case $at in
${places.map(placeCase).join("\n")}
  esac
  # "--option=value": the value is what is completed.
  local part=$current
  if [[ $current == --*=* ]]; then
    before=\${current%%=*}
    part=\${current#*=}
  fi
  case "\${at:+$at }$before" in
${places.flatMap(valueCases).join("\n")}
    *)
      if [[ $current == -* ]]; then words=$options; else eval "$rest"; fi
      ;;
  esac
  if [[ -n $settings && $part == *=* ]]; then
    case \${part%%=*} in
${values.join("\n")}
    esac
    part=\${part#*=}
  elif [[ -n $settings ]]; then
    words='${settings.map(({ name }) => `${name}=`).join(" ")}'
    compopt -o nospace 2>/dev/null
  fi
  COMPREPLY=()
  if [[ -n $files ]]; then
    compopt -o filenames 2>/dev/null
    while IFS= read -r word; do COMPREPLY+=("$word"); done < <(
      compgen -A "$files" -- "$part"
    )
  else
    while IFS= read -r word; do COMPREPLY+=("$word"); done < <(
      compgen -W "$words" -- "$part"
    )
  fi
}
complete -F _dunlin dunlin
`;
}
