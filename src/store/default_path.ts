import { join } from "node:path";

/** Name of the store's file. */
const FILE = "store.kv";

/**
 * Where the store is when nobody says: where the platform keeps what programs
 * have to remember. `environment` reads a variable.
 */
export function defaultStorePath(
  environment: (name: string) => string | undefined,
): string {
  // Given by systemd, for one unit alone; it may name several.
  const systemd = environment("STATE_DIRECTORY")?.split(":")[0];
  if (systemd) return join(systemd, FILE);
  const xdg = environment("XDG_STATE_HOME");
  if (xdg) return join(xdg, "dunlin", FILE);
  const windows = environment("LOCALAPPDATA");
  if (windows) return join(windows, "dunlin", FILE);
  const home = environment("HOME") ?? ".";
  return join(home, ".local", "state", "dunlin", FILE);
}
