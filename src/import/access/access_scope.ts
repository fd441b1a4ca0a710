import type { ConfigLine } from "../read/config_line.ts";
import type { GoAuth } from "../rules/go_auth.ts";
import type { MadeListener } from "../listeners/listener_tables.ts";
import type { Plugin } from "../read/plugins.ts";

/** Listeners at which the same was said of who may come in and do what. */
export interface AccessScope {
  readonly listeners: readonly MadeListener[];
  /** Empty when it is about all listeners. */
  readonly names: readonly string[];
  readonly lines: readonly ConfigLine[];
  /** Listeners that clients may enter without a user name. */
  readonly open: ReadonlySet<MadeListener>;
  readonly passwordFiles: readonly ConfigLine[];
  /** The list that decides. */
  readonly aclFile: ConfigLine | undefined;
  readonly plugins: readonly Plugin[];
  /** Replacement of mosquitto-go-auth. */
  readonly goAuth: GoAuth | null;
  /** True if a plugin without a counterpart decided: no client may connect. */
  readonly isShut: boolean;
}
