import { StoreError, todoFor } from "../../store/mod.ts";
import { type StoreOutcome, type StoreTask, storeWork } from "./store_work.ts";

/** The thread's name. A thread of another name only imports this module. */
const NAME = "store";

/** The global scope of a worker. */
interface Thread {
  readonly name?: string;
  onmessage: ((event: MessageEvent<StoreTask>) => void) | null;
  postMessage(outcome: StoreOutcome): void;
}

/**
 * Starts a thread that answers a `StoreTask` with a `StoreOutcome`. SQLite holds
 * up the thread that calls it, for minutes with a large store on a slow card;
 * the main thread shows progress meanwhile. This module is the thread's program
 * and knows its own address, in the sources and in any bundle.
 */
export function startStoreThread(): Worker {
  return new Worker(import.meta.url, { type: "module", name: NAME });
}

const thread = globalThis as unknown as Thread;

if (thread.name === NAME) {
  thread.onmessage = async ({ data: task }) => {
    thread.postMessage(await outcomeOf(task));
  };
}

async function outcomeOf({ name, args }: StoreTask): Promise<StoreOutcome> {
  try {
    const work = storeWork[name] as (...args: string[]) => Promise<unknown>;
    return { ok: true, value: await work(...args) };
  } catch (error) {
    if (error instanceof StoreError) {
      const { fault, message, todo } = error;
      return { ok: false, fault, message, todo };
    }
    const { message, stack, code } = error as Error & { code?: unknown };
    // The system and SQLite give a code: not our mistake, so without a stack.
    if (typeof code === "string") {
      const where = args.filter((arg) => typeof arg === "string").join(", ");
      return {
        ok: false,
        fault: "failing",
        message: `${where}: ${message}`,
        todo: todoFor(message),
      };
    }
    const text = stack ?? message;
    return { ok: false, fault: null, message: text, todo: null };
  }
}
