/** What outlives the process: a log of records in Deno KV, in four modes. */
export type {
  PacketIdRange,
  RetainedPlace,
  RetainedSource,
  SlotOwner,
  StoredDelivery,
  StoredEntry,
  StoredPacketIds,
  StoredSession,
  StoredSubscription,
  StoredWill,
} from "./state.ts";
export type {
  Changes,
  LoadReport,
  RestoredEntry,
  RestoredSession,
  Restorer,
  StorageMode,
  Store,
  StoreHealth,
  StoreStatus,
} from "./store.ts";
export { SessionSlot } from "./session_slot.ts";
export { StoredBody } from "./stored_body.ts";
export { MemoryStore } from "./memory_store.ts";
export { StoreError, type StoreFault } from "./store_error.ts";
export { nextDoubt, openStore, type StoreSettings } from "./open_store.ts";
export { backupStore, partialBackup } from "./backup.ts";
export {
  compactStore,
  restoreStore,
  type StoreInfo,
  storeInfo,
} from "./offline.ts";
export { verifyStore } from "./verify_store.ts";
export type { Head } from "./blocks.ts";
export type { Doubt, Verdict } from "./verified_start.ts";
