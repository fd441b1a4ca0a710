import { readConfig } from "./read/read_config.ts";
import { type ImportedConfig, translate } from "./translate.ts";

/**
 * Makes a configuration of Dunlin from the Mosquitto configuration at `path`
 * and what it includes. Rejects with `ImportError` when a file cannot be read.
 */
export async function importConfig(path: string): Promise<ImportedConfig> {
  return await translate(path, await readConfig(path));
}
