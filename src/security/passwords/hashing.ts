import type { Cancel, Clock } from "../../clock/mod.ts";
import type { PasswordHash } from "./hash.ts";
import type { HashingOutcome, HashingTask } from "./hashing_task.ts";
import { startHashingThread } from "./hashing_worker.ts";

/** Logins that may wait for a thread; the last of them waits some seconds. */
const MOST_WAITING = 128;

/** After so long without work (ms) the threads give their memory back. */
const IDLE = 60_000;

/** So many logins wait that this one would wait too long. */
export class TooBusyError extends Error {
  /** As errors are known by. */
  override readonly name: string = "TooBusyError";
}

/** Options of the comparison of passwords. */
export interface HashingOptions {
  /** Threads at most. @default one less than there are cores, 1 to 4 */
  readonly threads?: number;
  /** Logins that may wait. @default {128} */
  readonly waiting?: number;
}

interface Waiting {
  readonly task: HashingTask;
  readonly resolve: (matches: boolean) => void;
  readonly reject: (error: Error) => void;
}

/** Compares passwords with hashes in threads of their own. */
export class Hashing {
  readonly #clock: Clock;
  readonly #mostThreads: number;
  readonly #mostWaiting: number;
  readonly #waiting: Waiting[] = [];
  /** Task of each thread; null for none. */
  readonly #workers = new Map<Worker, Waiting | null>();
  #idle: Cancel | null = null;
  #isClosed = false;

  /** Starts no thread before there is work. */
  constructor(clock: Clock, options: HashingOptions = {}) {
    this.#clock = clock;
    const cores = navigator.hardwareConcurrency;
    this.#mostThreads = options.threads ?? Math.min(4, Math.max(1, cores - 1));
    this.#mostWaiting = options.waiting ?? MOST_WAITING;
  }

  /** Threads there are now. */
  get threads(): number {
    return this.#workers.size;
  }

  /**
   * Returns whether `password` is the one that `hash` was made of. Rejects with
   * `TooBusyError` when too many wait, with another error when it cannot be
   * told.
   */
  check(hash: PasswordHash, password: Uint8Array): Promise<boolean> {
    if (this.#isClosed) return Promise.reject(new TooBusyError("it is closed"));
    if (this.#waiting.length >= this.#mostWaiting) {
      return Promise.reject(new TooBusyError("too many logins wait"));
    }
    return new Promise((resolve, reject) => {
      // A copy: the chunk that it came in is read into again.
      const task = { hash, password: new Uint8Array(password) };
      this.#waiting.push({ task, resolve, reject });
      this.#next();
    });
  }

  /** Ends all threads; waiting tasks fail with `TooBusyError`. */
  close(): void {
    this.#isClosed = true;
    this.#idle?.();
    const left = [...this.#workers.values(), ...this.#waiting.splice(0)];
    for (const worker of this.#workers.keys()) worker.terminate();
    this.#workers.clear();
    for (const one of left) one?.reject(new TooBusyError("it is closed"));
  }

  /** Gives work to a thread that has none. */
  #next(): void {
    if (this.#waiting.length === 0) return this.#rest();
    this.#idle?.();
    this.#idle = null;
    let free: Worker | undefined;
    for (const [worker, work] of this.#workers) {
      if (work === null) free = worker;
    }
    if (free === undefined) {
      if (this.#workers.size >= this.#mostThreads) return;
      free = this.#start();
    }
    const work = this.#waiting.shift()!;
    this.#workers.set(free, work);
    free.postMessage(work.task);
  }

  #start(): Worker {
    const worker = startHashingThread();
    worker.onmessage = ({ data }: MessageEvent<HashingOutcome>) => {
      const work = this.#workers.get(worker);
      if (work === undefined) return;
      this.#workers.set(worker, null);
      if (data.ok) work?.resolve(data.matches);
      else work?.reject(new Error(data.message));
      this.#next();
    };
    worker.onerror = (event) => {
      // Else it would end the whole program.
      event.preventDefault();
      const work = this.#workers.get(worker);
      this.#workers.delete(worker);
      worker.terminate();
      work?.reject(new Error(event.message));
      this.#next();
    };
    return worker;
  }

  #rest(): void {
    if (this.#idle !== null || this.#workers.size === 0) return;
    for (const work of this.#workers.values()) if (work !== null) return;
    this.#idle = this.#clock.after(IDLE, () => {
      this.#idle = null;
      for (const worker of this.#workers.keys()) worker.terminate();
      this.#workers.clear();
    });
  }
}
