/**
 * A thread that compares passwords with hashes: one takes a tenth of a second,
 * in which the broker's own thread handles ten thousands of messages.
 */
import {
  type HashingOutcome,
  type HashingTask,
  outcomeOf,
} from "./hashing_task.ts";

/** The thread's name. A thread of another name only imports this module. */
const NAME = "hashing";

/** The global scope of a worker. */
interface Thread {
  readonly name?: string;
  onmessage: ((event: MessageEvent<HashingTask>) => void) | null;
  postMessage(outcome: HashingOutcome): void;
}

/**
 * Starts a thread that answers each `HashingTask` with a `HashingOutcome`. This
 * module is the thread's program and knows its own address, in the sources and
 * in any bundle.
 */
export function startHashingThread(): Worker {
  return new Worker(import.meta.url, { type: "module", name: NAME });
}

const thread = globalThis as unknown as Thread;

if (thread.name === NAME) {
  thread.onmessage = async ({ data: task }) => {
    thread.postMessage(await outcomeOf(task));
  };
}
