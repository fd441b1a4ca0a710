/** Files that others must not read, and that nobody may see half written. */
export { makePrivateFolder } from "./private_folder.ts";
export { writePrivately } from "./write_privately.ts";
export { whileLocked } from "./while_locked.ts";
