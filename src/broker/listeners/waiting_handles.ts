import type { Cancel, Clock } from "../../clock/mod.ts";
import type { ListenerSettings } from "../../config/mod.ts";
import {
  type Listener,
  ListenError,
  type ListenFailure,
} from "../../transport/mod.ts";

/** Between two attempts (ms). */
const RETRY = 5_000;

/** Failures that waiting does not mend. */
const LASTING: readonly ListenFailure[] = [
  "listen-not-permitted",
  "not-a-socket",
];

/** Ports of waiting handles, of whatever type the caller has. */
export interface WaitingPorts<ListenerHandle> {
  readonly clock: Clock;
  /** Listens by `settings`; rejects when that is not possible yet. */
  open(settings: ListenerSettings, handle: ListenerHandle): Promise<Listener>;
  /** Takes the listener of a handle that has waited. */
  opened(handle: ListenerHandle, listener: Listener): void;
}

/** One handle that waits. */
interface Waiting {
  readonly settings: ListenerSettings;
  cancel: Cancel;
}

/** Returns whether `settings` ask to wait after this failure. */
export function isWorthWaiting(
  { retry }: ListenerSettings,
  error: unknown,
): boolean {
  return retry && error instanceof ListenError &&
    !LASTING.includes(error.code);
}

/** Handles whose address does not exist yet; each is tried until it does. */
export class WaitingHandles<ListenerHandle> {
  readonly #ports: WaitingPorts<ListenerHandle>;
  readonly #waiting = new Map<ListenerHandle, Waiting>();

  /** No handle waits yet. */
  constructor(ports: WaitingPorts<ListenerHandle>) {
    this.#ports = ports;
  }

  /** Tries `handle` again and again, with these settings. */
  add(handle: ListenerHandle, settings: ListenerSettings): void {
    this.remove(handle);
    const waiting: Waiting = { settings, cancel: () => {} };
    this.#waiting.set(handle, waiting);
    this.#schedule(handle, waiting);
  }

  /** Stops trying `handle`, if it waits. */
  remove(handle: ListenerHandle): void {
    this.#waiting.get(handle)?.cancel();
    this.#waiting.delete(handle);
  }

  #schedule(handle: ListenerHandle, waiting: Waiting): void {
    waiting.cancel = this.#ports.clock.after(
      RETRY,
      () => void this.#try(handle, waiting),
    );
  }

  async #try(handle: ListenerHandle, waiting: Waiting): Promise<void> {
    let listener: Listener | null = null;
    try {
      listener = await this.#ports.open(waiting.settings, handle);
    } catch {
      // As before: the log has it.
    }
    // It may have been given up, or have come to other settings, meanwhile.
    if (this.#waiting.get(handle) !== waiting) listener?.close();
    else if (listener === null) this.#schedule(handle, waiting);
    else {
      this.#waiting.delete(handle);
      this.#ports.opened(handle, listener);
    }
  }
}
