import { completeSettings, storagePath } from "../../config/mod.ts";
import type { Output } from "../console/output.ts";
import { readSettings } from "../settings/read_settings.ts";
import { meantBroker } from "../running/meant_broker.ts";
import type { StoreOptions } from "./store_options.ts";

/**
 * Returns the file of the store that is meant: the one of `--path`, else that
 * of the settings or, where the command names none, of the broker that runs.
 * Says on `output.err` which one it found on its own. Rejects as `readSettings`
 * does.
 */
export async function storeTarget(
  options: StoreOptions,
  environment: Readonly<Record<string, string>>,
  output: Output,
): Promise<string> {
  const { path } = options;
  if (path === undefined) {
    const { broker, say } = meantBroker(options, environment, output);
    const file = broker?.store ??
      storagePath(
        (await readSettings(options, environment)).settings,
        environment,
      );
    say(`using the store ${file}`);
    return file;
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
