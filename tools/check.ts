/**
 * Everything that can be told without running the program: formatting, lint,
 * types, and whether each folder's public surface is documented
 * (`deno task check`). Exits 1 when something is wrong.
 */

/** Runs `deno` with these arguments; resolves to whether it was content. */
async function deno(args: readonly string[]): Promise<boolean> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: root,
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1" },
  }).output();
  // What a step prints matters only when it fails.
  if (!success) {
    await Deno.stdout.write(stdout);
    await Deno.stdout.write(stderr);
  }
  return success;
}

const root = new URL("..", import.meta.url);

async function surfaces(): Promise<string[]> {
  const files: string[] = [];
  for await (const entry of Deno.readDir(new URL("src/", root))) {
    if (entry.isDirectory) files.push(`src/${entry.name}/mod.ts`);
  }
  return files.sort();
}

/** Runs all checks, also after one has failed; resolves to whether all hold. */
export async function runChecks(): Promise<boolean> {
  const steps: readonly [name: string, args: readonly string[]][] = [
    ["formatting", ["fmt", "--check"]],
    // Quietly: in a fresh cache each package that is downloaded has a line.
    ["lint", ["lint", "--quiet"]],
    ["types", ["check", "--quiet"]],
    ["docs", ["doc", "--quiet", "--lint", ...await surfaces()]],
  ];
  let isFine = true;
  for (const [name, args] of steps) {
    const holds = await deno(args);
    console.log(`${holds ? "ok    " : "FAILED"} ${name}`);
    isFine &&= holds;
  }
  return isFine;
}

if (import.meta.main) Deno.exit(await runChecks() ? 0 : 1);
