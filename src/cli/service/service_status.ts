import { SystemClock } from "../../clock/mod.ts";
import { askBroker } from "../running/ask_broker.ts";
import { readSettings } from "../settings/read_settings.ts";
import type { ServiceTarget } from "./service_plan.ts";
import { WRITTEN } from "./systemd_unit.ts";

/** State of a service of systemd, as its files show it. */
export interface ServiceStatus {
  /** The unit that counts; null where there is none. */
  readonly unit: string | null;
  /** Whether `dunlin service install` has written it. */
  readonly isOurs: boolean;
  /** Program and arguments. */
  readonly command: readonly string[];
  readonly isEnabled: boolean;
  /**
   * Process ids; null where they cannot be seen: the runtime denies /proc and
   * /sys to a program that may not do everything, as the executable.
   */
  readonly processes: readonly number[] | null;
  /** Null where the broker answers; else the reason why not. */
  readonly silence: string | null;
}

/** The folders of units, the first counts; then those of what is enabled. */
function places({ isOfUser, environment, uid }: ServiceTarget) {
  const home = environment.HOME ?? "";
  const own = environment.XDG_CONFIG_HOME || `${home}/.config`;
  return isOfUser
    ? {
      units: [`${own}/systemd/user`, "/etc/systemd/user"],
      wants: [`${own}/systemd/user/default.target.wants`],
      groups: [`user.slice/user-${uid}.slice/user@${uid}.service/app.slice`],
    }
    : {
      units: [
        "/etc/systemd/system",
        "/usr/lib/systemd/system",
        "/lib/systemd/system",
      ],
      wants: ["/etc/systemd/system/multi-user.target.wants"],
      groups: ["system.slice"],
    };
}

/** Folders of control groups, in all three layouts of systemd. */
const GROUPS = [
  "/sys/fs/cgroup",
  "/sys/fs/cgroup/unified",
  "/sys/fs/cgroup/systemd",
];

/** Returns the words of `ExecStart` in `unit`. */
export function commandOf(unit: string): string[] {
  const line = /^ExecStart=(.*)$/m.exec(unit)?.[1] ?? "";
  const words = line.match(/"(?:\\.|[^"\\])*"|\S+/g) ?? [];
  return words.map((word) =>
    (word.startsWith('"') ? word.slice(1, -1).replace(/\\(.)/g, "$1") : word)
      .replaceAll("%%", "%").replaceAll("$$", "$")
  );
}

async function read(path: string): Promise<string | null> {
  return await Deno.readTextFile(path).catch(() => null);
}

/** Looks at the service of `target`; `root` is put before all its paths. */
export async function serviceStatus(
  target: ServiceTarget,
  root = "",
): Promise<ServiceStatus> {
  const { units, wants, groups } = places(target);
  let unit: string | null = null;
  let text = "";
  for (const folder of units) {
    const path = `${root}${folder}/dunlin.service`;
    const found = await read(path);
    if (found === null) continue;
    [unit, text] = [path, found];
    break;
  }
  const links = await Promise.all(
    wants.map((folder) => exists(`${root}${folder}/dunlin.service`)),
  );
  const processes = await processesOf(groups, root);
  const command = commandOf(text);
  return {
    ...{ unit, command, processes },
    isOurs: text.startsWith(WRITTEN),
    isEnabled: links.includes(true),
    silence: unit === null
      ? "there is no service"
      : await silenceOf(target, command, root),
  };
}

/** Returns the ids of the processes in the first of `groups` that exists. */
async function processesOf(
  groups: readonly string[],
  root: string,
): Promise<number[] | null> {
  if (!await exists(`${root}${GROUPS[0]}`)) return null;
  // In a container the groups of systemd begin below that of process 1.
  const first = await read(`${root}/proc/1/cgroup`) ?? "";
  const own = /^(?:0:|\d+:name=systemd):(\/.*)\/init\.scope$/m.exec(first)?.[1];
  for (const at of GROUPS) {
    for (const group of groups) {
      for (const prefix of own === undefined ? [""] : [own, ""]) {
        const path = `${root}${at}${prefix}/${group}/dunlin.service`;
        const list = await read(`${path}/cgroup.procs`);
        if (list) return list.trim().split("\n").map(Number);
      }
    }
  }
  return [];
}

/** A link counts that leads nowhere, too. */
async function exists(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}

/** Asks the broker of the service on its control socket. */
async function silenceOf(
  { isOfUser, environment }: ServiceTarget,
  command: readonly string[],
  root: string,
): Promise<string | null> {
  const at = command.indexOf("--config");
  const config = at < 0 ? undefined : root + command[at + 1];
  // The unit's own variables, not those of this shell.
  const its: Record<string, string> = isOfUser
    ? { HOME: environment.HOME ?? "" }
    : { STATE_DIRECTORY: `${root}/var/lib/dunlin` };
  try {
    const { settings } = await readSettings({ config }, its);
    const request = { command: "settings", key: "status" };
    await askBroker(settings, its, request, new SystemClock());
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}
