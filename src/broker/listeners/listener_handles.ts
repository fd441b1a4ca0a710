import type { Clock } from "../../clock/mod.ts";
import {
  type ListenerPair,
  type ListenerSettings,
  pairListeners,
} from "../../config/mod.ts";
import type { ListenerOptions } from "../../session/mod.ts";
import type { Accepted, Listener, ListenError } from "../../transport/mod.ts";
import { listenerOptions } from "./listener_options.ts";
import type { WaitingHandles } from "./waiting_handles.ts";

/** A listener with its present settings, which a reload can replace. */
export class ListenerHandle {
  /** Replaced as a whole when they change. */
  #settings: ListenerSettings;
  /** Options of new connections. */
  options: ListenerOptions;
  /** Null before it is opened, and in tests that need no sockets. */
  listener: Listener | null = null;
  /** Since when (ms) and why it waits for its address; null if it does not. */
  waiting: { readonly since: number; readonly why: string } | null = null;

  /** Not open yet. */
  constructor(settings: ListenerSettings) {
    this.#settings = settings;
    this.options = listenerOptions(settings);
  }

  /** As they are now. */
  get settings(): ListenerSettings {
    return this.#settings;
  }
  set settings(settings: ListenerSettings) {
    this.#settings = settings;
    this.options = listenerOptions(settings);
  }
}

/** Ports of handles. */
export interface ListenerHandlePorts {
  readonly clock: Clock;
  /**
   * Listens as `settings` say; reads settings that may change from the handle.
   * Rejects when that is not possible.
   */
  open(settings: ListenerSettings, handle: ListenerHandle): Promise<Listener>;
  /** Takes an accepted connection. */
  serve(accepted: Accepted, handle: ListenerHandle): void;
  /** Receives a handle that has failed and stays closed. */
  failed(handle: ListenerHandle, error: Error): void;
  /** Receives a handle that waits for its address, and why. */
  waits(handle: ListenerHandle, error: Error): void;
  /** Receives a handle that listens after it has waited for `lasted` ms. */
  arrived(handle: ListenerHandle, lasted: number): void;
}

/** Result of a change for the handles before it. */
export interface HandleChange {
  /** Handles that were removed and closed. */
  readonly gone: readonly ListenerHandle[];
  /** Handles that stay, with their former names. */
  readonly kept: readonly {
    readonly handle: ListenerHandle;
    readonly before: string;
  }[];
}

/** Change of one handle. */
interface Step {
  /** `again`: it has to listen anew at its address. */
  readonly kind: "comes" | "goes" | "stays" | "again";
  readonly handle: ListenerHandle;
  /** Null for one that goes. */
  readonly to: ListenerSettings | null;
}

/** The system takes a moment to give an address back that was closed (ms). */
const PAUSE = 5;

/** Attempts to listen at such an address. */
const TRIES = 200;

/** Settings whose change needs a new listener at the same address. */
const OPENED_BY = [
  "socket_mode",
  "path",
  "allowed_origins",
  "one_port",
  "min_tls",
  "client_certificates",
  "handshake_timeout",
  "max_handshakes",
  "trusted_proxies",
  "proxy_protocol",
  "proxy_client_tls",
  "proxy_username",
  "allowed_networks",
] as const satisfies readonly (keyof ListenerSettings)[];

function isOpenedAlike(one: ListenerSettings, other: ListenerSettings) {
  return OPENED_BY.every((key) =>
    JSON.stringify(one[key]) === JSON.stringify(other[key])
  );
}

/** All handles of a broker: opened all or none, changed all or none. */
export class ListenerHandles {
  readonly #ports: ListenerHandlePorts;
  #handles: ListenerHandle[];
  readonly #served = new WeakSet<Listener>();
  #isOpen = false;
  #isServing = false;
  /** Loaded when the first handle has to wait. */
  #waiting: WaitingHandles<ListenerHandle> | null = null;

  /** Nothing is open yet. */
  constructor(
    settings: readonly ListenerSettings[],
    ports: ListenerHandlePorts,
  ) {
    this.#ports = ports;
    this.#handles = settings.map((one) => new ListenerHandle(one));
  }

  /** In the order of the settings. */
  get all(): readonly ListenerHandle[] {
    return this.#handles;
  }

  /** Returns the handle of this name, or a new one for an unknown name. */
  of(settings: ListenerSettings): ListenerHandle {
    const found = this.#handles.find((one) =>
      one.settings.name === settings.name
    );
    if (found !== undefined) return found;
    const handle = new ListenerHandle(settings);
    this.#handles.push(handle);
    return handle;
  }

  /**
   * Listens at all of them, or rejects and listens at none. A handle that may
   * wait for its address does.
   */
  async open(): Promise<void> {
    this.#isOpen = true;
    try {
      for (const handle of this.#handles) {
        await this.#listenOrWait(handle, handle.settings, 0);
      }
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Accepts connections on all open listeners. */
  serve(): void {
    this.#isServing = true;
    for (const handle of this.#handles) this.#serve(handle);
  }

  /** Closes all listeners. */
  close(): void {
    this.#isOpen = false;
    for (const handle of this.#handles) this.#close(handle);
  }

  /**
   * Changes to the listeners of `settings`. A listener whose address stays keeps
   * its connections, and stops listening for a moment only when a setting in
   * `OPENED_BY` differs. Rejects when one cannot be opened; then all are as they
   * were. New listeners accept no connection before `serve`.
   */
  async change(settings: readonly ListenerSettings[]): Promise<HandleChange> {
    const from = { listener: this.#handles.map((handle) => handle.settings) };
    const steps = pairListeners(from, { listener: settings })
      .map((pair) => this.#stepOf(pair));
    if (this.#isOpen) await this.#reopen(steps);
    const gone = steps.filter(({ to }) => to === null).map(({ handle }) =>
      handle
    );
    for (const handle of gone) this.#close(handle);
    const kept: HandleChange["kept"][number][] = [];
    this.#handles = [];
    for (const { handle, kind, to } of steps) {
      if (to === null) continue;
      if (kind !== "comes") kept.push({ handle, before: handle.settings.name });
      handle.settings = to;
      this.#handles.push(handle);
    }
    return { gone, kept };
  }

  #stepOf({ from, to }: ListenerPair): Step {
    if (from === null) {
      return { kind: "comes", handle: new ListenerHandle(to), to };
    }
    const handle = this.#handles.find(({ settings }) => settings === from)!;
    if (to === null) return { kind: "goes", handle, to };
    const isKept = isOpenedAlike(from, to) && handle.waiting === null &&
      handle.listener !== null;
    return { kind: isKept ? "stays" : "again", handle, to };
  }

  /** Opens first the listeners that need no address of another: no gap. */
  async #reopen(steps: readonly Step[]): Promise<void> {
    const opened: ListenerHandle[] = [];
    const closed: Closed[] = [];
    const close = (handle: ListenerHandle) => {
      const tries = handle.listener === null ? 0 : TRIES;
      closed.push({ handle, port: this.#portFor(handle), tries });
      this.#close(handle);
    };
    const open = async (handle: ListenerHandle, to: ListenerSettings) => {
      opened.push(handle);
      const ours = closed.find(({ port }) => port === to.port);
      await this.#listenOrWait(handle, to, ours?.tries ?? 0);
    };
    const going = steps.filter(({ kind }) => kind === "goes");
    const coming = steps.filter(({ kind }) => kind === "comes");
    const holderOf = (port: number) =>
      going.filter(({ handle }) => port > 0 && this.#portOf(handle) === port);
    try {
      const late = coming.filter(({ to }) => holderOf(to!.port).length > 0);
      for (const { handle, to } of coming) {
        if (!late.some((one) => one.handle === handle)) await open(handle, to!);
      }
      for (const { to } of late) {
        for (const { handle } of holderOf(to!.port)) close(handle);
      }
      for (const { handle, to } of late) await open(handle, to!);
      for (
        const { handle, to } of steps.filter((one) => one.kind === "again")
      ) {
        const port = this.#portFor(handle);
        close(handle);
        await open(handle, { ...to!, port });
      }
    } catch (error) {
      for (const handle of opened) this.#close(handle);
      for (const one of closed) await this.#putBack(one);
      throw error;
    }
  }

  /**
   * Lets a handle listen again that was closed for a change that failed, unless
   * the broker stops meanwhile.
   */
  async #putBack({ handle, port, tries }: Closed): Promise<void> {
    if (!this.#isOpen) return;
    try {
      await this.#listenOrWait(handle, { ...handle.settings, port }, tries);
      if (this.#isOpen) this.#serve(handle);
      else this.#close(handle);
    } catch (error) {
      this.#ports.failed(handle, error as Error);
    }
  }

  /**
   * Returns the real one, where 0 was asked for; 0 for a handle that is closed.
   */
  #portOf({ listener, waiting, settings }: ListenerHandle): number {
    return listener?.address.port ?? (waiting === null ? 0 : settings.port);
  }

  /** Returns the port to listen at again, also for a handle that has failed. */
  #portFor(handle: ListenerHandle): number {
    const { listener, settings } = handle;
    return listener === null ? settings.port : this.#portOf(handle);
  }

  /** As `#listen`; a handle that may wait for its address does. */
  async #listenOrWait(
    handle: ListenerHandle,
    settings: ListenerSettings,
    tries: number,
  ): Promise<void> {
    try {
      await this.#listen(handle, settings, tries);
    } catch (error) {
      if (!settings.retry) throw error;
      const { isWorthWaiting, WaitingHandles } = await import(
        "./waiting_handles.ts"
      );
      if (!isWorthWaiting(settings, error)) throw error;
      const { clock, open } = this.#ports;
      this.#waiting ??= new WaitingHandles<ListenerHandle>({
        ...{ clock, open },
        opened: (handle, listener) => this.#arrive(handle, listener),
      });
      const { message } = error as Error;
      const isKnown = handle.waiting?.why === message;
      const since = handle.waiting?.since ?? clock.now();
      handle.waiting = { since, why: message };
      this.#waiting.add(handle, settings);
      if (!isKnown) this.#ports.waits(handle, error as Error);
    }
  }

  #arrive(handle: ListenerHandle, listener: Listener): void {
    this.#takeUp(handle, listener);
    // One that a reload brings is served with the others of that reload.
    if (this.#isServing && this.#handles.includes(handle)) this.#serve(handle);
  }

  /** `tries`: how often to ask again for an address that is in use. */
  async #listen(
    handle: ListenerHandle,
    settings: ListenerSettings,
    tries: number,
  ): Promise<void> {
    for (let left = tries;; left--) {
      try {
        return this.#takeUp(handle, await this.#ports.open(settings, handle));
      } catch (error) {
        const isTaken = (error as ListenError).code === "address-in-use";
        if (!isTaken || left === 0) throw error;
        await new Promise<void>((resolve) => {
          this.#ports.clock.after(PAUSE, resolve);
        });
      }
    }
  }

  #takeUp(handle: ListenerHandle, listener: Listener): void {
    const { waiting } = handle;
    handle.listener = listener;
    handle.waiting = null;
    if (waiting === null) return;
    this.#ports.arrived(handle, this.#ports.clock.now() - waiting.since);
  }

  #serve(handle: ListenerHandle): void {
    const { listener } = handle;
    if (listener === null || this.#served.has(listener)) return;
    this.#served.add(listener);
    listener.serve((accepted) => this.#ports.serve(accepted, handle))
      .catch((error) => {
        // The next reload opens it again.
        if (handle.listener === listener) this.#close(handle);
        this.#ports.failed(handle, error);
      });
  }

  #close(handle: ListenerHandle): void {
    this.#waiting?.remove(handle);
    handle.listener?.close();
    handle.listener = null;
  }
}

/** A handle that was closed, and the port that it had or waited for. */
interface Closed {
  readonly handle: ListenerHandle;
  readonly port: number;
  /** Attempts to get that port again; 0 for one that the broker did not have. */
  readonly tries: number;
}
