import type { Command } from "commander";
import { type SettingWords, settingWords } from "../../config/mod.ts";
import type { Output } from "../console/output.ts";
import { bashScript } from "./bash.ts";
import { type CommandWords, wordsOf } from "./command_tree.ts";
import type { Shell } from "./completion_program.ts";
import { fishScript } from "./fish.ts";
import { zshScript } from "./zsh.ts";

/** Writes the script of one shell. */
type WriteScript = (
  program: CommandWords,
  settings: readonly SettingWords[],
) => string;

const scripts: Readonly<Record<Shell, WriteScript>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

/**
 * Runs `dunlin completion`: prints the script, which knows all commands of
 * `program` and all settings.
 */
export function completion(
  shell: Shell,
  program: Command,
  output: Output,
): number {
  output.out(scripts[shell](wordsOf(program), settingWords()));
  return 0;
}
