import type { StorageMode, StoreSettings } from "../../src/store/mod.ts";

/** Settings of a store for tests, in which nothing is due by itself. */
export function settings(
  path: string,
  mode: StorageMode,
  more: Partial<StoreSettings> = {},
): StoreSettings {
  return {
    mode,
    path,
    flushInterval: 200,
    maxSize: 0,
    lowSpaceBytes: 0,
    lowSpacePercent: 0,
    snapshotInterval: 3_600_000,
    onCorruption: "start-empty",
    name: "dunlin",
    ...more,
  };
}
