import { join } from "node:path";
import type { Settings } from "./settings.ts";

/** Name of the store's file in its folder. */
const FILE = "store.kv";

/**
 * Returns the store's file: the one that `storage.path` names, else `store.kv`
 * in the folder that it names or, where it is empty, in the one that the
 * platform has for what programs remember. A leading `~/` is the user's home,
 * as a shell would have it that does not see this path.
 */
export function storagePath(
  settings: Pick<Settings, "storage">,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  const path = expandHome(settings.storage.path, environment);
  if (path.endsWith(".kv")) return path;
  return join(path === "" ? usualFolder(environment) : path, FILE);
}

/** Without a home it stays as it is. */
function expandHome(
  path: string,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  const home = environment.HOME || environment.USERPROFILE;
  if (!home || (path !== "~" && !path.startsWith("~/"))) return path;
  return join(home, path.slice(1));
}

/** An empty variable counts as one that is not set, as in XDG's own rules. */
function usualFolder(
  environment: Readonly<Record<string, string | undefined>>,
): string {
  // Systemd gives a unit's folders as one list; the first is the main one.
  const systemd = environment.STATE_DIRECTORY?.split(":")[0];
  if (systemd) return systemd;
  const xdg = environment.XDG_STATE_HOME;
  // XDG says that a relative path there does not count.
  if (xdg?.startsWith("/")) return join(xdg, "dunlin");
  const windows = environment.LOCALAPPDATA;
  if (windows) return join(windows, "dunlin");
  const home = environment.HOME;
  // Without a home it is a service, which keeps its state for the machine.
  return home ? join(home, ".local/state/dunlin") : "/var/lib/dunlin";
}
