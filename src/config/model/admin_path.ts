import { dirname, join } from "node:path";
import type { Settings } from "./settings.ts";
import { storagePath } from "./storage_path.ts";

/** Name of the file beside the store. */
const FILE = "admin.json";

/**
 * Returns the file of the users and tokens of the admin page: the one that
 * `admin.file` names, else `admin.json` beside the store. Null where the broker
 * keeps them in memory: in mode `memory` without `admin.file`.
 */
export function adminPath(
  settings: Pick<Settings, "admin" | "storage">,
  environment: Readonly<Record<string, string | undefined>>,
): string | null {
  const { file } = settings.admin;
  if (file !== "") return file;
  if (settings.storage.mode === "memory") return null;
  return join(dirname(storagePath(settings, environment)), FILE);
}
