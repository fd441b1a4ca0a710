import {
  backupStore,
  compactStore,
  restoreStore,
  storeInfo,
  verifyStore,
} from "../../store/mod.ts";

/** Work on a store without a broker. */
export const storeWork = {
  info: storeInfo,
  verify: verifyStore,
  backup: backupStore,
  restore: restoreStore,
  compact: compactStore,
} as const;

/** All of it, by name. */
export type StoreWork = typeof storeWork;

/** One thing to do. */
export type StoreTask = {
  readonly [Name in keyof StoreWork]: {
    readonly name: Name;
    readonly args: Parameters<StoreWork[Name]>;
  };
}[keyof StoreWork];

/** Result of a task, in a form that threads can exchange. */
export type StoreOutcome =
  | { readonly ok: true; readonly value: unknown }
  | {
    readonly ok: false;
    /** That of the `StoreError`, or null for any other error. */
    readonly fault: string | null;
    readonly message: string;
    /** That of the `StoreError`, or null. */
    readonly todo: string | null;
  };
