import { join } from "node:path";
import { LABEL, launchdPlist } from "./launchd.ts";
import type { PresentProgram } from "./present_program.ts";
import { systemdUnit, WRITTEN } from "./systemd_unit.ts";
import { windowsTask } from "./windows_task.ts";

/** A service manager: its name, and whether it starts services with a login. */
export interface ServiceTarget {
  readonly system: "linux" | "darwin" | "windows";
  readonly isOfUser: boolean;
  /** The user's number; null on Windows. */
  readonly uid: number | null;
  readonly environment: Readonly<Record<string, string>>;
}

/** A service: files to write, and commands for the user. */
export interface ServicePlan {
  /** Path of the service's file, for the manager. */
  readonly path: string;
  readonly text: string;
  /** Files beside it that are written only where they are absent. */
  readonly others: readonly { readonly path: string; readonly text: string }[];
  /** Commands after `install`, in their order. */
  readonly start: readonly string[];
  /** Commands before `uninstall`. */
  readonly stop: readonly string[];
  /** Commands after `uninstall`. */
  readonly forget: readonly string[];
  /** More facts for the user. */
  readonly notes: readonly string[];
}

const SYSUSERS = `${WRITTEN}u dunlin - "Dunlin MQTT broker" /var/lib/dunlin ` +
  "/usr/sbin/nologin\n";

/** Returns the service for `program` with the settings file `config`, or none. */
export function servicePlan(
  target: ServiceTarget,
  program: PresentProgram,
  config: string | null,
): ServicePlan {
  const named = config === null ? [] : ["--config", config];
  const command = [...program.command, "serve", ...named];
  switch (target.system) {
    case "linux":
      return systemdPlan(target, { ...program, command }, config);
    case "darwin":
      return launchdPlan(target, { ...program, command });
    case "windows":
      return windowsPlan(target, command);
  }
}

function systemdPlan(
  { isOfUser, environment }: ServiceTarget,
  program: PresentProgram,
  config: string | null,
): ServicePlan {
  const { command } = program;
  const paths = [...command, config ?? ""];
  const unit = systemdUnit({
    command,
    isOfUser,
    environment: isOfUser || program.folder === null
      ? program.environment
      : { ...program.environment, DENO_DIR: "/var/cache/dunlin" },
    isInHome: paths.some((one) => /^\/(home|root|run\/user)\//.test(one)),
  });
  const ctl = isOfUser ? "systemctl --user" : "sudo systemctl";
  const shared = {
    text: WRITTEN + unit,
    stop: [`${ctl} disable --now dunlin`],
    forget: [`${ctl} daemon-reload`],
  };
  const enable = [`${ctl} daemon-reload`, `${ctl} enable --now dunlin`];
  if (isOfUser) {
    const folder = environment.XDG_CONFIG_HOME ||
      join(environment.HOME ?? "", ".config");
    return {
      ...shared,
      path: join(folder, "systemd/user/dunlin.service"),
      others: [],
      start: [...enable, "loginctl enable-linger"],
      notes: ["the last command starts it with the machine, not with a login"],
    };
  }
  return {
    ...shared,
    path: "/etc/systemd/system/dunlin.service",
    others: [{ path: "/etc/sysusers.d/dunlin.conf", text: SYSUSERS }],
    start: ["sudo systemd-sysusers", ...enable],
    notes: [
      "it runs as the user dunlin, who must be able to read the program, the " +
      "settings, and the files that they name",
    ],
  };
}

const UNTRIED = "this file has not been tried on such a system";

function launchdPlan(
  { isOfUser, uid, environment }: ServiceTarget,
  program: PresentProgram,
): ServicePlan {
  const home = environment.HOME ?? "";
  const [folder, log] = isOfUser
    ? [
      join(home, "Library/LaunchAgents"),
      join(home, "Library/Logs/dunlin.log"),
    ]
    : ["/Library/LaunchDaemons", "/var/log/dunlin.log"];
  const path = join(folder, `${LABEL}.plist`);
  const [ctl, domain] = isOfUser
    ? ["launchctl", `gui/${uid}`]
    : ["sudo launchctl", "system"];
  return {
    path,
    text: launchdPlist(program.command, program.environment, log),
    others: [],
    start: [`${ctl} bootstrap ${domain} ${path}`],
    stop: [`${ctl} bootout ${domain}/${LABEL}`],
    forget: [],
    notes: [`the log is ${log}`, UNTRIED],
  };
}

function windowsPlan(
  { environment }: ServiceTarget,
  command: readonly string[],
): ServicePlan {
  const folder = environment.ProgramData ?? "C:\\ProgramData";
  const path = `${folder}\\dunlin\\dunlin-task.xml`;
  return {
    path,
    text: windowsTask(command),
    others: [],
    start: [
      `schtasks /Create /TN Dunlin /XML "${path}"`,
      "schtasks /Run /TN Dunlin",
    ],
    stop: ["schtasks /End /TN Dunlin", "schtasks /Delete /TN Dunlin /F"],
    forget: [],
    notes: ["it is a scheduled task that starts with the machine", UNTRIED],
  };
}
