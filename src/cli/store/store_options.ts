import type { BrokerState } from "../../broker/mod.ts";
import type { Answer } from "../console/answer.ts";
import type { StoreWork } from "./store_work.ts";

/** Options of every `dunlin store` command. */
export interface StoreOptions {
  /** Configuration file whose store is meant. */
  readonly config?: string;
  /** Settings, as `storage.path=/var/lib/dunlin`. */
  readonly set?: readonly string[];
  /** Folder or file of the store; goes before the settings. */
  readonly path?: string;
  /** Answer in JSON. */
  readonly json?: boolean;
}

/** The store a command is about. */
export interface StoreCall {
  /** The store's file. */
  readonly path: string;
  /** The backup, for the commands that have one. */
  readonly file: string;
  /** `path` as people write it. */
  readonly shown: string;
  /** Returns figures of the broker that runs on the store; null without one. */
  readonly state: () => Promise<BrokerState | null>;
  /** Does one thing to a store, and shows that it goes on. */
  readonly work: WorkOn;
}

/** Does `name` with `args`; `label` says what, to people who wait. */
export type WorkOn = <Name extends keyof StoreWork>(
  label: string,
  name: Name,
  args: Parameters<StoreWork[Name]>,
  /** Returns the part that is done, 0 to 1; absent if unknown. */
  part?: () => Promise<number>,
) => Promise<Awaited<ReturnType<StoreWork[Name]>>>;

/** A `dunlin store` command. Rejects with `StoreError`. */
export type StoreCommand = (call: StoreCall) => Promise<Answer>;
