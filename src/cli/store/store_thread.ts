import {
  backupStore,
  compactStore,
  restoreStore,
  StoreError,
  type StoreFault,
  storeInfo,
  verifyStore,
} from "../../store/mod.ts";

/**
 * Does one thing to a store in a thread of its own. Rejects with the
 * `StoreError` that it throws there.
 */
export async function inThread<Name extends keyof StoreWork>(
  name: Name,
  args: Parameters<StoreWork[Name]>,
): Promise<Awaited<ReturnType<StoreWork[Name]>>> {
  const worker = new Worker(new URL("./store_worker.ts", import.meta.url), {
    type: "module",
  });
  try {
    const outcome = await new Promise<StoreOutcome>((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = (event) => {
        // Else it would end the whole program.
        event.preventDefault();
        reject(new Error(event.message));
      };
      worker.postMessage({ name, args } as StoreTask);
    });
    if (outcome.ok) {
      return outcome.value as Awaited<ReturnType<StoreWork[Name]>>;
    }
    throw outcome.fault === null ? new Error(outcome.message) : new StoreError(
      outcome.fault as StoreFault,
      outcome.message,
      undefined,
      outcome.todo,
    );
  } finally {
    worker.terminate();
  }
}

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

/** How it went, in a form that one thread can tell another. */
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
