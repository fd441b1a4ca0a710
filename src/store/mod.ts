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
export { todoFor } from "./open_fault.ts";
export { backupStore, partialBackup } from "./backup.ts";
export {
  nextDoubt,
  openStore,
  type StoreOpener,
  type StoreSettings,
} from "./open_store.ts";
export type { Finds, Range, Source } from "./block_pool.ts";
export type { Disk, Lock } from "./disk.ts";
export type { DiskSpace } from "./space.ts";
export type { Files, OpenFile } from "./files.ts";
export {
  compactStore,
  restoreStore,
  type StoreInfo,
  storeInfo,
} from "./offline.ts";
export { type Verdict, verifyStore } from "./verify_store.ts";
export type { Blocks, Commit, CopiedBlocks, Head } from "./blocks.ts";
export type { Block } from "./block.ts";
export type { Doubt } from "./verified_start.ts";
