/** Files that others must not read or see half written, and files watched. */
export { makePrivateFolder } from "./private_folder.ts";
export { syncFolder } from "./sync_folder.ts";
export { type FileOwner, writePrivately } from "./write_privately.ts";
export { whileLocked } from "./while_locked.ts";
export { type FileWatch, watchFiles, type WatchOptions } from "./watch.ts";
