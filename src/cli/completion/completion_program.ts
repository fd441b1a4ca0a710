import { Argument, type Command } from "commander";
import { addCommand } from "../console/commands.ts";

/** Shells that have completion. */
export const SHELLS = ["bash", "zsh", "fish"] as const;

/** One of them. */
export type Shell = typeof SHELLS[number];

/** Runs `dunlin completion` for all commands of `program`. */
export type RunCompletion = (
  shell: Shell,
  program: Command,
) => Promise<number>;

const WHERE = `
Load it for all later shells:
  bash  dunlin completion bash > ~/.local/share/bash-completion/completions/dunlin
  zsh   dunlin completion zsh > _dunlin     (in a folder of $fpath)
  fish  dunlin completion fish > ~/.config/fish/completions/dunlin.fish
`;

/** Adds `dunlin completion`; `onCode` gets the exit code. */
export function addCompletion(
  program: Command,
  run: RunCompletion,
  onCode: (code: number) => void,
): void {
  const doc = "print the completion script of a shell";
  addCommand(program, "completion", doc, WHERE)
    .addArgument(new Argument("<SHELL>", "the shell").choices(SHELLS))
    .action(async (shell: Shell) => onCode(await run(shell, program)));
}
