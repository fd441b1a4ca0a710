/**
 * A thread that compares passwords with hashes: one takes a tenth of a second,
 * in which the broker's own thread handles ten thousands of messages.
 */
import {
  type HashingOutcome,
  type HashingTask,
  outcomeOf,
} from "./hashing_task.ts";

/** The global scope of a worker. */
interface Thread {
  onmessage: ((event: MessageEvent<HashingTask>) => void) | null;
  postMessage(outcome: HashingOutcome): void;
}

const thread = globalThis as unknown as Thread;

thread.onmessage = async ({ data: task }) => {
  thread.postMessage(await outcomeOf(task));
};
