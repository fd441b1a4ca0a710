import { dirname, resolve } from "node:path";
import { type Answer, writeAnswer } from "../console/answer.ts";
import { CommandError } from "../console/command_error.ts";
import type { Output } from "../console/output.ts";
import { writeResult } from "../console/write_result.ts";
import type { PresentProgram } from "./present_program.ts";
import {
  type ServicePlan,
  servicePlan,
  type ServiceTarget,
} from "./service_plan.ts";
import type { ServiceCommandName, ServiceOptions } from "./service_program.ts";
import { serviceStatus } from "./service_status.ts";
import { WRITTEN } from "./systemd_unit.ts";

/** Machine, user and program of a service command. */
export interface ServiceScene {
  readonly system: ServiceTarget["system"] | string;
  /** The user's number; null on Windows. */
  readonly uid: number | null;
  readonly environment: Readonly<Record<string, string>>;
  readonly program: PresentProgram;
  /** Put before all paths, for tests. @default "" */
  readonly root?: string;
}

/** Default configuration file of a service of the machine. */
const USUAL = "/etc/dunlin/dunlin.toml";

/** Runs a `dunlin service` command; resolves to the exit code. */
export function service(
  name: ServiceCommandName,
  options: ServiceOptions,
  scene: ServiceScene,
  output: Output,
): Promise<0 | 1> {
  const work = { install, uninstall, status }[name];
  return writeAnswer(
    output,
    options.json,
    async () => await work(targetOf(options, scene), options, scene),
    (error) => {
      if (!(error instanceof CommandError)) throw error;
      return { message: error.message };
    },
  );
}

/** Throws `CommandError` for a system without such services. */
function targetOf(
  { user, system }: ServiceOptions,
  { system: os, uid, environment }: ServiceScene,
): ServiceTarget {
  const isOfUser = system ? false : user ?? (uid !== 0 && uid !== null);
  if (os !== "linux" && os !== "darwin" && os !== "windows") {
    throw new CommandError(`services of ${os} are not known`);
  }
  if (os === "windows" && isOfUser) {
    throw new CommandError(
      "Windows has no services of a user: leave --user out",
    );
  }
  return { system: os, isOfUser, uid, environment };
}

async function install(
  target: ServiceTarget,
  { config, print, force }: ServiceOptions,
  { program, root = "" }: ServiceScene,
): Promise<Answer> {
  const isUsual = config === undefined && !target.isOfUser &&
    target.system === "linux" && await read(root + USUAL) !== null;
  const file = config !== undefined ? resolve(config) : isUsual ? USUAL : null;
  if (config !== undefined && await read(file!) === null) {
    throw new CommandError(`${file} cannot be read: no settings for a service`);
  }
  const odd = [...program.command, file ?? ""].find((one) =>
    /\p{Cc}/u.test(one)
  );
  if (odd !== undefined) {
    throw new CommandError(
      `${JSON.stringify(odd)} has a control character, which no service can ` +
        "name: rename the file or its folder",
    );
  }
  const plan = servicePlan(target, program, file);
  const json = {
    path: plan.path,
    settings: file,
    commands: plan.start,
    text: plan.text,
  };
  if (print) return { text: plan.text, json };
  if (
    target.system === "linux" && !await isFolder(`${root}/run/systemd/system`)
  ) {
    throw new CommandError(
      "systemd does not run this machine; --print shows the unit, and " +
        "packaging/README.md has other ways",
    );
  }
  await writeNew(root + plan.path, plan.text, force);
  for (const { path, text } of plan.others) {
    if (await read(root + path) === null) {
      await writeNew(root + path, text, true);
    }
  }
  return { text: installed(plan, file), json };
}

function installed(plan: ServicePlan, file: string | null): string {
  const settings = file ?? "the defaults; --config names a file";
  return `wrote      ${plan.path}
settings   ${settings}
${plan.notes.map((note) => `note       ${note}\n`).join("")}
Now run:
${plan.start.map((one) => `  ${one}\n`).join("")}`;
}

/** Rejects with `CommandError` where another file is there, unless forced. */
async function writeNew(
  path: string,
  text: string,
  isForced = false,
): Promise<void> {
  const before = await read(path);
  if (before !== null && before !== text && !isForced) {
    throw new CommandError(`${path} exists and differs: --force replaces it`);
  }
  try {
    await Deno.mkdir(dirname(path), { recursive: true });
  } catch (error) {
    throw new CommandError(
      `${dirname(path)} cannot be made: ${(error as Error).message}`,
      error,
    );
  }
  await writeResult(path, text);
}

async function uninstall(
  target: ServiceTarget,
  _options: ServiceOptions,
  { program, root = "" }: ServiceScene,
): Promise<Answer> {
  const plan = servicePlan(target, program, null);
  const text = await read(root + plan.path);
  if (text === null) {
    throw new CommandError(
      `${plan.path} is not there: nothing to uninstall (a package is removed ` +
        "by its package manager)",
    );
  }
  if (!text.includes(WRITTEN.replace(/^# |\n$/g, ""))) {
    throw new CommandError(
      `${plan.path} was not written by "dunlin service install": delete it ` +
        "yourself",
    );
  }
  if (target.system === "linux") {
    const found = await serviceStatus(target, root);
    const runs = found.silence === null || (found.processes ?? []).length > 0;
    if (runs || found.isEnabled) {
      throw new CommandError(
        `the service ${runs ? "runs" : "is enabled"}; first:\n` +
          plan.stop.map((one) => `  ${one}`).join("\n"),
      );
    }
  }
  for (const path of [plan.path, ...plan.others.map((one) => one.path)]) {
    if ((await read(root + path))?.includes("dunlin service install")) {
      await remove(root + path);
    }
  }
  const commands = target.system === "linux"
    ? plan.forget
    : [...plan.stop, ...plan.forget];
  return {
    text: `deleted    ${plan.path}\n\nNow run:\n` +
      commands.map((one) => `  ${one}\n`).join(""),
    json: { path: plan.path, commands },
  };
}

async function remove(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    const reason = (error as Error).message;
    throw new CommandError(`${path} cannot be deleted: ${reason}`, error);
  }
}

async function status(
  target: ServiceTarget,
  _options: ServiceOptions,
  { program, root = "" }: ServiceScene,
): Promise<Answer> {
  if (target.system !== "linux") {
    throw new CommandError(
      target.system === "darwin"
        ? `"launchctl print" shows the service here`
        : `"schtasks /Query /TN Dunlin" shows the service here`,
    );
  }
  const found = await serviceStatus(target, root);
  const { unit, isOurs, command, isEnabled, processes, silence } = found;
  const isOther = unit !== null && command[0] !== program.command[0];
  const runs = processes === null
    ? ""
    : processes.length === 0
    ? "runs       no\n"
    : `runs       yes, process ${processes.join(", ")}\n`;
  const by = isOurs ? "dunlin service install" : "a package or a person";
  const text = unit === null
    ? 'unit       none; "dunlin service install" writes one\n'
    : `unit       ${unit} (by ${by})
command    ${command.join(" ")}
${
      isOther
        ? `note       this program is ${program.command[0]}\n`
        : ""
    }at boot    ${isEnabled ? "starts" : "does not start"}
${runs}answers    ${silence === null ? "yes" : `no: ${silence}`}
`;
  return { text, json: { ...found }, code: silence === null ? 0 : 1 };
}

async function read(path: string): Promise<string | null> {
  return await Deno.readTextFile(path).catch(() => null);
}

async function isFolder(path: string): Promise<boolean> {
  return await Deno.stat(path).then((one) => one.isDirectory, () => false);
}
