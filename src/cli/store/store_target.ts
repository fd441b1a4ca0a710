import { completeSettings, storagePath } from "../../config/mod.ts";
import { readSettings } from "../read_settings.ts";
import type { StoreOptions } from "./store_options.ts";

/**
 * The file of the store that is meant: the one of `--path`, else that of the
 * settings. Rejects as `readSettings` does; with `--path` these are not read.
 */
export async function storeTarget(
  options: StoreOptions,
  environment: Readonly<Record<string, string>>,
): Promise<string> {
  const { path } = options;
  if (path === undefined) {
    const { settings } = await readSettings(options, environment);
    return storagePath(settings, environment);
  }
  // A backup may have any name.
  if (await isFile(path)) return path;
  return storagePath(completeSettings({ storage: { path } }), environment);
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch {
    return false;
  }
}
