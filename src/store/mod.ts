/** The persistent state: a log of records in Deno KV, in three modes. */
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
} from "./model/state.ts";
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
} from "./model/store.ts";
export type { Written } from "./base/write_counter.ts";
export { SessionSlot } from "./model/state.ts";
export { StoredBody } from "./model/stored_body.ts";
export { SCHEMA } from "./base/schema.ts";
export { StoreError, type StoreFault } from "./base/store_error.ts";
export { todoFor } from "./base/open_fault.ts";
export { backupStore, partialBackup } from "./backup.ts";
export {
  nextDoubt,
  openStore,
  type StoreOpener,
  type StoreSettings,
} from "./open_store.ts";
export type { Finds, Range, Source } from "./blocks/block_pool.ts";
export type { Disk, Lock } from "./opening/disk.ts";
export type { DiskSpace } from "./space/space.ts";
export type { Files, OpenFile } from "./files/files.ts";
export {
  compactStore,
  restoreStore,
  type StoreInfo,
  storeInfo,
} from "./offline.ts";
export type { StoreFile } from "./kv/full_disk_blocks.ts";
export { type Verdict, verifyStore } from "./kv/verify_store.ts";
export type { Blocks, Commit, CopiedBlocks, Head } from "./blocks/blocks.ts";
export type { Block } from "./blocks/block.ts";
export type { Doubt } from "./opening/verified_start.ts";
