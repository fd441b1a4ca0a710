/**
 * All tests in one command (`deno task test`): installs what they run against
 * where that is allowed, runs the checks, then `deno test`, and ends with
 * `tests: N passed, N failed, N skipped`. Exits 0 only if nothing failed.
 *
 * A test that misses a program skips itself and says so in its name. With
 * CI=true a skipped test counts as failed: there nothing may be missing.
 */
import { runChecks } from "./check.ts";

const root = new URL("..", import.meta.url);

/** Debian packages the tests run against, and how to see that one is there. */
const packages: readonly [name: string, probe: readonly string[]][] = [
  ["mosquitto-clients", ["mosquitto_pub", "--help"]],
  ["openssl", ["openssl", "version"]],
  ["curl", ["curl", "--version"]],
  ["python3-paho-mqtt", [python(), "-c", "import paho.mqtt.client"]],
];

/**
 * Debian's packages are for Debian's Python; another one, which may come first
 * in the path, does not find them.
 */
export function python(debian = "/usr/bin/python3"): string {
  try {
    return Deno.statSync(debian).isFile ? debian : "python3";
  } catch {
    return "python3";
  }
}

async function runs(
  command: readonly string[],
  stdio: "null" | "inherit" = "null",
): Promise<number | undefined> {
  try {
    const { code } = await new Deno.Command(command[0], {
      args: command.slice(1),
      cwd: root,
      stdin: "null",
      stdout: stdio,
      stderr: stdio,
      env: { DEBIAN_FRONTEND: "noninteractive" },
    }).output();
    return code;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function missing(): Promise<string[]> {
  const names: string[] = [];
  for (const [name, probe] of packages) {
    const code = await runs(probe);
    // mosquitto_pub --help ends with 1: it counts that it could be started.
    const isThere = code === 0 || (code !== undefined && probe[1] === "--help");
    if (!isThere) names.push(name);
  }
  return names;
}

async function install(): Promise<void> {
  const names = await missing();
  if (names.length === 0) return;
  const isRoot = Deno.build.os === "linux" && Deno.uid() === 0;
  if (isRoot) {
    console.log(`Installing ${names.join(" and ")} ...`);
    await runs(["apt-get", "update", "-qq"]);
    const apt = ["apt-get", "install", "-y", "-qq", "--no-install-recommends"];
    await runs([...apt, ...names]);
  }
  for (const name of await missing()) {
    const reason = isRoot ? "apt-get could not install it" : "only root may";
    console.log(`Not installed: ${name} (${reason}); its tests are skipped`);
  }
}

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
  for (const [, name, inside = ""] of cases) {
    if (/<(failure|error)\b/.test(inside)) failed.push(name);
    else if (/<skipped\b/.test(inside)) skipped.push(name);
    else passed++;
  }
  return { passed, failed, skipped };
}

/** Runs `deno test`; undefined when it could not even load the tests. */
async function test(): Promise<{ code: number; outcome: Outcome | undefined }> {
  const report = await Deno.makeTempFile({ suffix: ".xml" });
  try {
    const { code } = await new Deno.Command(Deno.execPath(), {
      args: [
        "test",
        "--allow-all",
        "--parallel",
        "--no-check", // the checks before this have seen to it
        "--reporter=dot",
        `--junit-path=${report}`,
      ],
      cwd: root,
      stdin: "null",
      stdout: "inherit",
      stderr: "inherit",
    }).output();
    const text = await Deno.readTextFile(report);
    return { code, outcome: text === "" ? undefined : readOutcome(text) };
  } finally {
    await Deno.remove(report);
  }
}

async function runAll(mayInstall: boolean): Promise<number> {
  if (mayInstall) await install();
  const isSound = await runChecks();
  const { code, outcome } = await test();
  const { passed, failed, skipped } = outcome ??
    { passed: 0, failed: [], skipped: [] };
  for (const name of skipped) console.log(`skipped: ${name}`);
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
