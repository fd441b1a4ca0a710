/**
 * All tests in one command (`deno task test`): installs the programs they run
 * against where that is allowed, runs the checks, then `deno test`, and ends with
 * `tests: N passed, N failed, N skipped`. Exits 0 only if nothing failed.
 *
 * A test that misses a program skips itself and says so in its name. With
 * CI=true a skipped test counts as failed: there nothing may be missing.
 */
import { runChecks } from "./check.ts";
import { installPrograms } from "./install_programs.ts";
import { TestProgress, withoutColors } from "./test_progress.ts";

const root = new URL("..", import.meta.url);

/** What a run of tests came to. */
export interface Outcome {
  readonly passed: number;
  /** Names of tests. */
  readonly failed: readonly string[];
  /** Names of tests. */
  readonly skipped: readonly string[];
}

/** Reads the JUnit report that `deno test` writes. */
export function readOutcome(report: string): Outcome {
  let passed = 0;
  const failed: string[] = [];
  const skipped: string[] = [];
  const cases = report.matchAll(
    /<testcase name="([^"]*)"[^>]*?(?:\/>|>(.*?)<\/testcase>)/gs,
  );
  for (const [, escaped, inside = ""] of cases) {
    const name = unescaped(escaped);
    if (/<(failure|error)\b/.test(inside)) failed.push(name);
    else if (/<skipped\b/.test(inside)) skipped.push(name);
    else passed++;
  }
  return { passed, failed, skipped };
}

const entities: Readonly<Record<string, string>> = {
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&apos;": "'",
  "&amp;": "&",
};

/** The text of an XML attribute. */
function unescaped(text: string): string {
  return text.replaceAll(/&\w+;/g, (entity) => entities[entity] ?? entity);
}

/** Runs `deno test` and shows how it gets on. */
async function test(): Promise<{ code: number; outcome: Outcome }> {
  const report = await Deno.makeTempFile({ suffix: ".xml" });
  try {
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        "test",
        "--allow-all",
        "--parallel",
        "--no-check", // the checks before this have seen to it
        "--reporter=pretty",
        `--junit-path=${report}`,
      ],
      cwd: root,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const { code, broken } = await show(child);
    const { passed, failed, skipped } = readOutcome(
      await Deno.readTextFile(report),
    );
    const names = broken.map((file) => `${file} (an error outside its tests)`);
    return {
      code,
      outcome: { passed, failed: [...failed, ...names], skipped },
    };
  } finally {
    await Deno.remove(report);
  }
}

/** How long output may be outstanding when `deno test` has ended (ms). */
const AFTERMATH = 5_000;

/** Shows how `deno test` gets on; `broken` as in `TestProgress`. */
async function show(
  child: Deno.ChildProcess,
): Promise<{ code: number; broken: readonly string[] }> {
  const progress = new TestProgress(write);
  const isPlain = !Deno.stdout.isTerminal();
  const shown = (line: string) => isPlain ? withoutColors(line) : line;
  const output = Promise.all([
    eachLine(child.stdout, (line) => progress.line(shown(line))),
    eachLine(child.stderr, (line) => progress.errorLine(shown(line))),
  ]);
  const { code, signal } = await child.status;
  // A process that a failed test left behind may keep the pipes open.
  await Promise.race([
    output,
    new Promise((end) => setTimeout(end, AFTERMATH)),
  ]);
  const isWhole = signal === null && code <= 1;
  progress.end(isWhole);
  if (!isWhole) {
    write(`deno test broke off: ${signal ?? `exit code ${code}`}\n`);
  }
  return { code, broken: progress.broken };
}

function write(text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) {
    at += Deno.stdout.writeSync(bytes.subarray(at));
  }
}

/** Calls `take` with each line that comes; resolves at the end of `stream`. */
export async function eachLine(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  take: (line: string) => void,
): Promise<void> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    lines.forEach(take);
  }
  if (rest !== "") take(rest);
}

async function runAll(mayInstall: boolean): Promise<number> {
  if (mayInstall) await installPrograms();
  const isSound = await runChecks();
  const start = Date.now();
  const { code, outcome: { passed, failed, skipped } } = await test();
  console.log(`\n${Math.round((Date.now() - start) / 1000)} s for all tests`);
  for (const name of skipped) console.log(`skipped: ${name}`);
  for (const name of failed) console.log(`failed: ${name}`);
  const isIncomplete = Deno.env.get("CI") === "true" && skipped.length > 0;
  if (isIncomplete) console.log("CI=true: no test may be skipped");
  if (!isSound) console.log("The checks failed: see above");
  if (code !== 0 && failed.length === 0) console.log("deno test failed");
  console.log(
    `tests: ${passed} passed, ${failed.length} failed, ${skipped.length} skipped`,
  );
  return isSound && code === 0 && !isIncomplete ? 0 : 1;
}

if (import.meta.main) {
  Deno.exit(await runAll(!Deno.args.includes("--no-install")));
}
