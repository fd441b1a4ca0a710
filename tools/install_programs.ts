import { commandOf, type TestProgram, testPrograms } from "./test_programs.ts";

/** One command of an installation. */
export interface Step {
  readonly command: readonly string[];
  /** Whether the installation ends where this fails. */
  readonly isNeeded: boolean;
}

/** Where systemd is at work; absent in most containers. */
const SYSTEMD = "/run/systemd/system";

/**
 * Returns the commands that install `packages` with apt. Debian starts the
 * broker of `mosquitto` at once and with the machine, which takes port 1883:
 * with `hasSystemd` its service is masked before and disabled afterwards.
 */
export function installation(
  packages: readonly string[],
  hasSystemd: boolean,
): Step[] {
  // A machine that fails meanwhile installs again: nothing has to be synced.
  const quick = ["-o", "Dpkg::Options::=--force-unsafe-io"];
  const options = ["-y", "-qq", "--no-install-recommends", ...quick];
  const apt = [
    // Without a network the lists of before may do.
    { command: ["apt-get", "update", "-qq"], isNeeded: false },
    {
      command: ["apt-get", "install", ...options, ...packages],
      isNeeded: true,
    },
  ];
  if (!hasSystemd || !packages.includes("mosquitto")) return apt;
  const service = (...args: string[]) => ({
    command: ["systemctl", ...args, "mosquitto.service"],
    isNeeded: false,
  });
  return [
    // Of this run of the machine alone, should the rest never come.
    service("mask", "--runtime"),
    ...apt,
    service("disable"),
    service("unmask", "--runtime"),
  ];
}

/**
 * Installs what the tests run against and the machine lacks, where that is
 * allowed: Linux, as root. Prints what it does and what stays away.
 */
export async function installPrograms(): Promise<void> {
  const absent = missing();
  if (absent.length === 0) return;
  const isRoot = Deno.build.os === "linux" && Deno.uid() === 0;
  let reason = "only root may install it";
  if (isRoot) {
    console.log(`Installing ${absent.join(", ")} ...`);
    reason = await install(absent) ?? "it does not start";
  }
  for (const name of missing()) {
    console.log(`Not installed: ${name} (${reason}); its tests are skipped`);
  }
}

function missing(): string[] {
  return testPrograms.filter((one: TestProgram) => commandOf(one) === undefined)
    .map((one) => one.package);
}

/** Resolves to why it failed; undefined when it did not. */
async function install(
  packages: readonly string[],
): Promise<string | undefined> {
  const hasSystemd = await Deno.stat(SYSTEMD).then(() => true, () => false);
  let reason: string | undefined;
  for (const { command, isNeeded } of installation(packages, hasSystemd)) {
    // What follows a failure only puts back what was done before it.
    if (isNeeded && reason !== undefined) continue;
    const failure = await run(command);
    if (isNeeded) reason = failure;
  }
  return reason;
}

/** Resolves to what the program says when it fails. */
async function run(command: readonly string[]): Promise<string | undefined> {
  const name = command.slice(0, 2).join(" ");
  try {
    const { success, code, stderr } = await new Deno.Command(command[0], {
      args: command.slice(1),
      stdin: "null",
      stdout: "null",
      stderr: "piped",
      env: { DEBIAN_FRONTEND: "noninteractive" },
    }).output();
    if (success) return undefined;
    const said = new TextDecoder().decode(stderr).trim().split("\n").at(-1);
    return `${name} ended with ${code}${said ? `: ${said}` : ""}`;
  } catch (error) {
    return `${name} cannot be started: ${(error as Error).message}`;
  }
}
