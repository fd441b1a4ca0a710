import assert from "node:assert/strict";
import type { Command } from "commander";
import { completion } from "../../src/cli/completion/completion.ts";
import { placesOf, wordsOf } from "../../src/cli/completion/command_tree.ts";
import { SHELLS } from "../../src/cli/completion/completion_program.ts";
import { type Commands, programOf } from "../../src/cli/program.ts";
import { settingWords } from "../../src/config/mod.ts";

/** The real program; its commands are not run. */
function realProgram(): Command {
  const nothing = { out: () => {}, err: () => {} };
  return programOf({} as Commands, nothing, () => {});
}

function scriptFor(shell: typeof SHELLS[number], program: Command): string {
  let text = "";
  const output = { out: (one: string) => void (text += one), err: () => {} };
  assert.equal(completion(shell, program, output), 0);
  return text;
}

/** Returns what bash offers behind each of `lines`, in `folder`. */
async function offered(
  lines: readonly string[],
  folder: string,
): Promise<string[][]> {
  const script = scriptFor("bash", realProgram()) + `
while IFS= read -r COMP_LINE; do
  COMP_POINT=\${#COMP_LINE}
  _dunlin 2>/dev/null
  echo "\${COMPREPLY[*]}"
done
`;
  const bash = new Deno.Command("bash", {
    args: ["--norc", "-c", script],
    cwd: folder,
    ...{ stdin: "piped", stdout: "piped", stderr: "inherit" },
  }).spawn();
  const writer = bash.stdin.getWriter();
  await writer.write(new TextEncoder().encode(`${lines.join("\n")}\n`));
  await writer.close();
  const { stdout, success } = await bash.output();
  assert.ok(success);
  return new TextDecoder().decode(stdout).split("\n")
    .map((line) => line.split(" ").filter((word) => word !== ""));
}

Deno.test("completion: bash offers commands, options, values, settings and files where they belong", async () => {
  const folder = await Deno.makeTempDir({ prefix: "dunlin-test-" });
  await Deno.writeTextFile(`${folder}/dunlin.toml`, "");
  await Deno.mkdir(`${folder}/duty`);
  const expected: Readonly<Record<string, readonly string[]>> = {
    "dunlin c": ["check", "ca", "cert", "completion"],
    "dunlin --po": ["--port"],
    "dunlin serve --re": ["--ready-file"],
    "dunlin start --re": ["--ready-file"],
    "dunlin check --re": [],
    "dunlin cert re": ["revoke", "remove", "renew"],
    "dunlin cert issue pump --key-type p": ["p256", "p384"],
    "dunlin cert issue pump --key-type=p": ["p256", "p384"],
    "dunlin completion ": ["bash", "zsh", "fish"],
    "dunlin --log-level ": ["error", "warn", "info", "debug"],
    "dunlin --set limits.max_inf": ["limits.max_inflight="],
    "dunlin --set storage.mode=d": ["durable"],
    "dunlin --set=storage.mode=d": ["durable"],
    "dunlin --set sys.interval=": [],
    "dunlin -c du": ["dunlin.toml", "duty"],
    "dunlin --config=du": ["dunlin.toml", "duty"],
    "dunlin check du": ["dunlin.toml", "duty"],
    "dunlin ca show --authority du": ["duty"],
    // The value of an option is no command.
    "dunlin store backup --path ca ca": [],
  };
  const found = await offered(Object.keys(expected), folder);
  for (const [index, [line, words]] of Object.entries(expected).entries()) {
    assert.deepEqual(found[index].toSorted(), words.toSorted(), line);
  }
  await Deno.remove(folder, { recursive: true });
});

for (const shell of SHELLS) {
  Deno.test(`completion: the script for ${shell} has every command, option and setting`, () => {
    const program = realProgram();
    program.command("migrate-everything").option("--to-moon <FOLDER>");
    const script = scriptFor(shell, program);
    const places = placesOf(wordsOf(program));
    assert.ok(places.length > 25, `${places.length}`);
    for (const { path, command } of places) {
      const words = [
        ...path,
        ...command.options.flatMap(({ names }) => names),
      ];
      for (const word of words) {
        const typed = shell === "fish" ? word.replace(/^--?/, "") : word;
        assert.ok(script.includes(typed), `${path.join(" ")}: ${word}`);
      }
    }
    assert.ok(script.includes("migrate-everything"));
    for (const { name } of settingWords()) assert.ok(script.includes(name));
  });
}
