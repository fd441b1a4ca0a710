import type { Cancel, Clock } from "../../clock/mod.ts";
import type { ListenerSettings } from "../../config/mod.ts";
import type { Listener, ListenFailure } from "../../transport/mod.ts";

/** Between two attempts (ms). */
const RETRY = 5_000;

/** Failures that waiting does not mend. */
const LASTING: readonly ListenFailure[] = ["not permitted", "not a socket"];

/** What doors wait with; a `Door` is what the caller knows a door by. */
export interface WaitingPorts<Door> {
  readonly clock: Clock;
  /** Listens by `settings`; rejects when that is not possible yet. */
  open(settings: ListenerSettings, door: Door): Promise<Listener>;
  /** Takes the listener of a door that has waited. */
  opened(door: Door, listener: Listener): void;
}

/** One door that waits. */
interface Waiting {
  readonly settings: ListenerSettings;
  cancel: Cancel;
}

/** Returns whether `settings` ask to wait after this failure. */
export function isWorthWaiting(
  { retry }: ListenerSettings,
  error: unknown,
): boolean {
  const { failure } = error as { readonly failure?: ListenFailure };
  return retry && failure !== undefined && !LASTING.includes(failure);
}

/** Doors whose address is not there yet. Each is tried until it can be had. */
export class WaitingDoors<Door> {
  readonly #ports: WaitingPorts<Door>;
  readonly #waiting = new Map<Door, Waiting>();

  /** No door waits yet. */
  constructor(ports: WaitingPorts<Door>) {
    this.#ports = ports;
  }

  /** Tries `door` again and again, by these settings. */
  add(door: Door, settings: ListenerSettings): void {
    this.remove(door);
    const waiting: Waiting = { settings, cancel: () => {} };
    this.#waiting.set(door, waiting);
    this.#schedule(door, waiting);
  }

  /** Gives `door` up if it waits. */
  remove(door: Door): void {
    this.#waiting.get(door)?.cancel();
    this.#waiting.delete(door);
  }

  #schedule(door: Door, waiting: Waiting): void {
    waiting.cancel = this.#ports.clock.after(
      RETRY,
      () => void this.#try(door, waiting),
    );
  }

  async #try(door: Door, waiting: Waiting): Promise<void> {
    let listener: Listener | null = null;
    try {
      listener = await this.#ports.open(waiting.settings, door);
    } catch {
      // As before: the log has it.
    }
    // It may have been given up, or have come to other settings, meanwhile.
    if (this.#waiting.get(door) !== waiting) listener?.close();
    else if (listener === null) this.#schedule(door, waiting);
    else {
      this.#waiting.delete(door);
      this.#ports.opened(door, listener);
    }
  }
}
