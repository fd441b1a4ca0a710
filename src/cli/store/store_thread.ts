import { StoreError, type StoreFault } from "../../store/mod.ts";
import type { StoreOutcome, StoreTask, StoreWork } from "./store_work.ts";
import { startStoreThread } from "./store_worker.ts";

/**
 * Does one thing to a store in a thread of its own. Rejects with the
 * `StoreError` that it throws there.
 */
export async function inThread<Name extends keyof StoreWork>(
  name: Name,
  args: Parameters<StoreWork[Name]>,
): Promise<Awaited<ReturnType<StoreWork[Name]>>> {
  const worker = startStoreThread();
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
