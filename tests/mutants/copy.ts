import { join } from "node:path";
import { cp } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Mutant } from "./list.ts";

/** What a run of tests needs of the project. */
const NEEDED = ["src", "tests", "tools", "main.ts", "deno.json", "deno.lock"];

/** Files of the project that some tests read. */
const READ = ["docs", "README.md", "CHANGELOG.md", "config.example.toml"];

/** A copy of the project in a temporary folder, for mistakes. */
export class Copy {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Copies the project at `root`. */
  static async make(root: URL): Promise<Copy> {
    const folder = await Deno.makeTempDir({ prefix: "mutants-" });
    for (const name of [...NEEDED, ...READ]) {
      await cp(fileURLToPath(new URL(name, root)), join(folder, name), {
        recursive: true,
      });
    }
    return new Copy(folder);
  }

  /** Removes the copy. */
  async remove(): Promise<void> {
    await Deno.remove(this.#folder, { recursive: true });
  }

  /**
   * Makes the mistake, runs its tests until one fails, and takes the mistake
   * back. Returns the folder or file of the tests that failed, or null.
   */
  async killerOf(mutant: Mutant, jobs: string): Promise<string | null> {
    const path = join(this.#folder, "src", mutant.file);
    const text = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, mutated(text, mutant));
    try {
      for (const tests of mutant.tests) {
        if (!await this.#passes(tests, jobs)) return tests;
      }
      return null;
    } finally {
      await Deno.writeTextFile(path, text);
    }
  }

  async #passes(tests: string, jobs: string): Promise<boolean> {
    const { success } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["test", "-A", "--no-check", "--parallel", "--fail-fast"],
        ...["--reporter=dot", `tests/${tests}`],
      ],
      cwd: this.#folder,
      env: { DENO_JOBS: jobs },
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).output();
    return success;
  }
}

/** Returns `text` with the mistake in it. */
export function mutated(text: string, { file, from, to }: Mutant): string {
  const parts = text.split(from);
  if (parts.length !== 2) {
    throw new Error(
      `src/${file} has the line of this mutant ${parts.length - 1} times, ` +
        `not once; adapt tests/mutants/list.ts: ${from}`,
    );
  }
  return parts.join(to);
}
