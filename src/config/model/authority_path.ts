import { dirname, join } from "node:path";
import type { Settings } from "./settings.ts";
import { storagePath } from "./storage_path.ts";

/**
 * Returns the folder of the broker's own authority: the one that
 * `authority.path` names, else `authority` beside the store, whether anything
 * is stored or not.
 */
export function authorityPath(
  settings: Pick<Settings, "authority" | "storage">,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  const { path } = settings.authority;
  if (path !== "") return path;
  return join(dirname(storagePath(settings, environment)), "authority");
}

/**
 * Returns the file that lists client certificates: the one that
 * `authority.list` names, else `certificates.json` in the authority's folder.
 */
export function certificateListPath(
  settings: Pick<Settings, "authority" | "storage">,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  const { list } = settings.authority;
  if (list !== "") return list;
  return join(authorityPath(settings, environment), "certificates.json");
}
