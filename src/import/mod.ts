/** Makes configurations of Dunlin from those of Mosquitto. */
export { importConfig } from "./import_config.ts";
export type { ImportedConfig } from "./translate.ts";
export type { LostLine } from "./toml/ledger.ts";
export { ImportError } from "./read/import_error.ts";
