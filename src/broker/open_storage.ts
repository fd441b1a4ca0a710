import type { Connection, Registry } from "../session/mod.ts";
import type { Doubt, StoreOpener, StoreSettings } from "../store/mod.ts";
import type { StoreReports } from "./session_options.ts";
import type { AlarmName, Alarms } from "./status/alarms.ts";
import { Storage } from "./storage.ts";

/** The parts of a broker that its storage needs. */
export interface StorageParts {
  readonly registry: Registry;
  readonly alarms: Alarms;
  /** The connections that exist at any time. */
  readonly connections: Iterable<Connection>;
  /** Opens the store; undefined for the one in files. */
  readonly opener: StoreOpener | undefined;
  /** Called with the reason when another broker has taken the store. */
  readonly onTaken: (reason: string) => void;
}

/** Returns the reports of a store, each of which is an alarm. */
export function storeReports(alarms: Alarms): StoreReports {
  const alarm = (name: AlarmName) => (text: string | null) => {
    if (text === null) alarms.clear(name);
    else alarms.raise(name, text);
  };
  return {
    snapshotTrouble: alarm("snapshot"),
    damage: alarm("damage"),
    walTrouble: alarm("wal"),
    budgetTrouble: alarm("write-budget"),
  };
}

/**
 * Opens the store of `settings`, which may change afterwards. The storage opens
 * it once more, with a doubt, where loading shows damage.
 *
 * @throws {StoreError} when the store cannot be opened.
 */
export async function openStorage(
  settings: StoreSettings,
  parts: StorageParts,
): Promise<Storage> {
  const { registry, alarms, connections, opener, onTaken } = parts;
  // Loaded when it is used: the mode `memory` starts without it.
  const { nextDoubt, openStore } = opener ?? await import("../store/mod.ts");
  const clock = registry.context.workClock("store");
  let doubt: Doubt | null = null;
  const open = () => openStore(settings, clock, doubt);
  const reopen = (error: unknown) => {
    doubt = nextDoubt(doubt, error);
    return doubt === null ? null : open;
  };
  const store = await open();
  const storage = new Storage(store, registry, alarms, connections, reopen);
  storage.onTaken = (reason) => {
    alarms.raise("storage", reason);
    onTaken(reason);
  };
  return storage;
}
