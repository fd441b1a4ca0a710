import type { ConfigLine } from "./config_line.ts";
import type { MadeListener } from "./listener_tables.ts";

/** Listeners at which the same was said of who may come in and do what. */
export interface AccessScope {
  readonly listeners: readonly MadeListener[];
  /** Empty when it is about all listeners. */
  readonly names: readonly string[];
  readonly lines: readonly ConfigLine[];
  readonly isOpen: boolean;
  readonly passwordFile: ConfigLine | undefined;
  readonly aclFile: ConfigLine | undefined;
  /** The line that loads a plugin. */
  readonly plugin: ConfigLine | undefined;
}
