import type { Clock } from "../../clock/mod.ts";
import {
  type ListenerPair,
  type ListenerSettings,
  pairListeners,
} from "../../config/mod.ts";
import type { ListenerOptions } from "../../session/mod.ts";
import type { Accepted, Listener, ListenError } from "../../transport/mod.ts";
import { listenerOptions } from "./listener_options.ts";
import type { WaitingDoors } from "./waiting_doors.ts";

/** Where connections come in: a listener, and the settings it goes by now. */
export class Door {
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

/** Ports of doors. */
export interface DoorPorts {
  readonly clock: Clock;
  /**
   * Listens by `settings`; what else it needs of them it asks the door for.
   * Rejects when that is not possible.
   */
  open(settings: ListenerSettings, door: Door): Promise<Listener>;
  /** Takes what came in. */
  serve(accepted: Accepted, door: Door): void;
  /** Receives a door that has failed and stays closed. */
  failed(door: Door, error: Error): void;
  /** Receives a door that waits for its address, and why. */
  waits(door: Door, error: Error): void;
  /** Receives a door that listens after it has waited for `lasted` ms. */
  arrived(door: Door, lasted: number): void;
}

/** Result of a change for the doors before it. */
export interface DoorChange {
  /** Doors that were removed and closed. */
  readonly gone: readonly Door[];
  /** Doors that stay, with their former names. */
  readonly kept: readonly { readonly door: Door; readonly before: string }[];
}

/** Change of one door. */
interface Step {
  /** `again`: it has to listen anew at its address. */
  readonly kind: "comes" | "goes" | "stays" | "again";
  readonly door: Door;
  /** Null for one that goes. */
  readonly to: ListenerSettings | null;
}

/** The system takes a moment to give an address back that was closed (ms). */
const PAUSE = 5;

/** How often it is asked for such an address. */
const TRIES = 200;

/** What only a new listener can go by, at the address of the old one. */
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

/** All doors of a broker: opened all or none, changed all or none. */
export class Doors {
  readonly #ports: DoorPorts;
  #doors: Door[];
  readonly #served = new WeakSet<Listener>();
  #isOpen = false;
  #isServing = false;
  /** Loaded when the first door has to wait. */
  #waiting: WaitingDoors<Door> | null = null;

  /** Nothing is open yet. */
  constructor(settings: readonly ListenerSettings[], ports: DoorPorts) {
    this.#ports = ports;
    this.#doors = settings.map((one) => new Door(one));
  }

  /** In the order of the settings. */
  get all(): readonly Door[] {
    return this.#doors;
  }

  /**
   * Returns the door of this name; made for a listener that nobody has named.
   */
  of(settings: ListenerSettings): Door {
    const found = this.#doors.find((one) =>
      one.settings.name === settings.name
    );
    if (found !== undefined) return found;
    const door = new Door(settings);
    this.#doors.push(door);
    return door;
  }

  /**
   * Listens at all of them, or rejects and listens at none. A door that may
   * wait for its address does.
   */
  async open(): Promise<void> {
    this.#isOpen = true;
    try {
      for (const door of this.#doors) {
        await this.#listenOrWait(door, door.settings, 0);
      }
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Takes in who comes, by all that are open. */
  serve(): void {
    this.#isServing = true;
    for (const door of this.#doors) this.#serve(door);
  }

  /** Listens at none any more. */
  close(): void {
    this.#isOpen = false;
    for (const door of this.#doors) this.#close(door);
  }

  /**
   * Goes over to the listeners of `settings`. Those whose address stays keep
   * their connections; where nothing about the beginning of connections has
   * changed they do not even stop to listen. Rejects when one cannot be
   * opened; then all are as they were. New ones take nobody in before `serve`.
   */
  async change(settings: readonly ListenerSettings[]): Promise<DoorChange> {
    const from = { listener: this.#doors.map((door) => door.settings) };
    const steps = pairListeners(from, { listener: settings })
      .map((pair) => this.#stepOf(pair));
    if (this.#isOpen) await this.#reopen(steps);
    const gone = steps.filter(({ to }) => to === null).map(({ door }) => door);
    for (const door of gone) this.#close(door);
    const kept: DoorChange["kept"][number][] = [];
    this.#doors = [];
    for (const { door, kind, to } of steps) {
      if (to === null) continue;
      if (kind !== "comes") kept.push({ door, before: door.settings.name });
      door.settings = to;
      this.#doors.push(door);
    }
    return { gone, kept };
  }

  #stepOf({ from, to }: ListenerPair): Step {
    if (from === null) return { kind: "comes", door: new Door(to), to };
    const door = this.#doors.find(({ settings }) => settings === from)!;
    if (to === null) return { kind: "goes", door, to };
    const isKept = isOpenedAlike(from, to) && door.waiting === null;
    return { kind: isKept ? "stays" : "again", door, to };
  }

  /** First what needs no address of another: that leaves no gap. */
  async #reopen(steps: readonly Step[]): Promise<void> {
    const opened: Door[] = [];
    const closed: Closed[] = [];
    const close = (door: Door) => {
      const tries = door.waiting === null ? TRIES : 0;
      closed.push({ door, port: this.#portOf(door), tries });
      this.#close(door);
    };
    const open = async (door: Door, to: ListenerSettings) => {
      opened.push(door);
      const ours = closed.find(({ port }) => port === to.port);
      await this.#listenOrWait(door, to, ours?.tries ?? 0);
    };
    const going = steps.filter(({ kind }) => kind === "goes");
    const coming = steps.filter(({ kind }) => kind === "comes");
    const holderOf = (port: number) =>
      going.filter(({ door }) => port > 0 && this.#portOf(door) === port);
    try {
      const late = coming.filter(({ to }) => holderOf(to!.port).length > 0);
      for (const { door, to } of coming) {
        if (!late.some((one) => one.door === door)) await open(door, to!);
      }
      for (const { to } of late) {
        for (const { door } of holderOf(to!.port)) close(door);
      }
      for (const { door, to } of late) await open(door, to!);
      for (const { door, to } of steps.filter((one) => one.kind === "again")) {
        const port = this.#portOf(door);
        close(door);
        await open(door, { ...to!, port });
      }
    } catch (error) {
      for (const door of opened) this.#close(door);
      for (const one of closed) await this.#putBack(one);
      throw error;
    }
  }

  /** Lets a door listen again that was closed for a change that failed. */
  async #putBack({ door, port, tries }: Closed): Promise<void> {
    try {
      await this.#listenOrWait(door, { ...door.settings, port }, tries);
      this.#serve(door);
    } catch (error) {
      this.#ports.failed(door, error as Error);
    }
  }

  /**
   * Returns the real one, where 0 was asked for; 0 for a door that is closed.
   */
  #portOf({ listener, waiting, settings }: Door): number {
    return listener?.address.port ?? (waiting === null ? 0 : settings.port);
  }

  /** As `#listen`; a door that may wait for its address does. */
  async #listenOrWait(
    door: Door,
    settings: ListenerSettings,
    tries: number,
  ): Promise<void> {
    try {
      await this.#listen(door, settings, tries);
    } catch (error) {
      if (!settings.retry) throw error;
      const { isWorthWaiting, WaitingDoors } = await import(
        "./waiting_doors.ts"
      );
      if (!isWorthWaiting(settings, error)) throw error;
      const { clock, open } = this.#ports;
      this.#waiting ??= new WaitingDoors<Door>({
        ...{ clock, open },
        opened: (door, listener) => this.#arrive(door, listener),
      });
      const { message } = error as Error;
      const isKnown = door.waiting?.why === message;
      const since = door.waiting?.since ?? clock.now();
      door.waiting = { since, why: message };
      this.#waiting.add(door, settings);
      if (!isKnown) this.#ports.waits(door, error as Error);
    }
  }

  #arrive(door: Door, listener: Listener): void {
    this.#takeUp(door, listener);
    // One that a reload brings is served with the others of that reload.
    if (this.#isServing && this.#doors.includes(door)) this.#serve(door);
  }

  /** `tries`: how often to ask again for an address that is in use. */
  async #listen(
    door: Door,
    settings: ListenerSettings,
    tries: number,
  ): Promise<void> {
    for (let left = tries;; left--) {
      try {
        return this.#takeUp(door, await this.#ports.open(settings, door));
      } catch (error) {
        const isTaken = (error as ListenError).failure === "address in use";
        if (!isTaken || left === 0) throw error;
        await new Promise<void>((resolve) => {
          this.#ports.clock.after(PAUSE, resolve);
        });
      }
    }
  }

  #takeUp(door: Door, listener: Listener): void {
    const { waiting } = door;
    door.listener = listener;
    door.waiting = null;
    if (waiting === null) return;
    this.#ports.arrived(door, this.#ports.clock.now() - waiting.since);
  }

  #serve(door: Door): void {
    const { listener } = door;
    if (listener === null || this.#served.has(listener)) return;
    this.#served.add(listener);
    listener.serve((accepted) => this.#ports.serve(accepted, door))
      .catch((error) => this.#ports.failed(door, error));
  }

  #close(door: Door): void {
    this.#waiting?.remove(door);
    door.listener?.close();
    door.listener = null;
  }
}

/** A door that was closed, and the port that it had or waited for. */
interface Closed {
  readonly door: Door;
  readonly port: number;
  /** How often to ask again for that port: only one that we had comes back. */
  readonly tries: number;
}
