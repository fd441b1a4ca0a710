import { type Cancel, type Clock, SystemClock } from "../clock/mod.ts";
import type { ListenerSettings, Settings } from "../config/mod.ts";
import { ReasonCode } from "../mqtt/mod.ts";
import { Router } from "../router/mod.ts";
import {
  AllowAll,
  type Authenticator,
  type Authorizer,
} from "../security/mod.ts";
import type { Doubt } from "../store/mod.ts";
import {
  Connection,
  Context,
  Counters,
  type ListenerOptions,
  type SessionLog,
} from "../session/mod.ts";
import type { Accepted, Listener } from "../transport/mod.ts";
import { Admission } from "./admission.ts";
import { Alarms } from "./alarms.ts";
import { listen, type TlsPorts } from "./listen.ts";
import {
  listenerOptions,
  sessionOptions,
  storeSettings,
} from "./session_options.ts";
import { Storage } from "./storage.ts";
import { SysTopics } from "./sys_topics.ts";

/** Between two rounds of housekeeping (ms). */
const HOUSEKEEPING = 1000;

/** Retained messages and cached routes looked at in one round. */
const HOUSEKEEPING_STEPS = 2000;

/** What a person may want to know of a running broker. */
export interface BrokerLog extends SessionLog {
  /** Something failed and the broker goes on; `what` says where. */
  trouble(what: string, error: Error): void;
  /** That is over, after `lasted` ms; `what` is as `trouble` was told. */
  recovered(what: string, lasted: number): void;
}

/** What a broker is made with; what is left out is the usual. */
export interface BrokerPorts {
  /** The only time there is. @default the system's */
  readonly clock?: Clock;
  /** Who may come in. @default everybody */
  readonly authenticator?: Authenticator;
  /** Who may do what. @default everybody everything */
  readonly authorizer?: Authorizer;
  /** At least 0 and below 1. @default Math.random */
  readonly random?: () => number;
  /** Told what a person may want to know. @default silent */
  readonly log?: BrokerLog;
}

/** A listener that accepts connections. */
export interface StartedListener {
  /** As in the settings. */
  readonly name: string;
  /** As in the settings. */
  readonly type: ListenerSettings["type"];
  /** The address it listens on, or the socket's file, as in the settings. */
  readonly bind: string;
  /** The real one, where 0 was asked for; 0 for a socket file. */
  readonly port: number;
}

const SILENT: BrokerLog = {
  connected() {},
  closed() {},
  failed() {},
  trouble() {},
  recovered() {},
};

/**
 * One broker: it makes all parts from the settings and connects them.
 *
 * Start: context, router, listeners, `$SYS`. Stop: listeners, wills,
 * connections, timers; each waits for the one before.
 */
export class Broker {
  readonly #settings: Settings;
  readonly #clock: Clock;
  readonly #log: BrokerLog;
  readonly #counters = new Counters();
  readonly #router: Router;
  readonly #context: Context;
  readonly #admission: Admission;
  readonly #options = new Map<ListenerSettings, ListenerOptions>();
  readonly #connections = new Set<Connection>();
  readonly #sys: SysTopics;
  readonly #alarms: Alarms;
  #storage: Storage | null = null;
  #listeners: Listener[] = [];
  #housekeeping: Cancel | null = null;
  #whenEmpty: (() => void) | null = null;
  #stopping = false;

  /** Makes all parts and starts the timers; accepts nobody before `start`. */
  constructor(settings: Settings, ports: BrokerPorts = {}) {
    this.#settings = settings;
    this.#clock = ports.clock ?? new SystemClock();
    this.#log = ports.log ?? SILENT;
    const random = ports.random ?? Math.random;
    this.#router = new Router({
      sharedStrategy: settings.shared.strategy,
      retainedMessages: settings.retained.max_messages,
      retainedBytes: settings.retained.max_bytes,
      random,
      volatile: settings.storage.rule.map((rule) => rule.filter),
    });
    this.#context = new Context({
      options: sessionOptions(settings),
      router: this.#router,
      authenticator: ports.authenticator ?? new AllowAll(),
      authorizer: ports.authorizer ?? null,
      clock: this.#clock,
      counters: this.#counters,
      random,
      log: this.#log,
    });
    this.#admission = new Admission(settings.limits);
    this.#alarms = new Alarms(this.#router, this.#log, this.#clock);
    this.#sys = new SysTopics(this.#context, settings.sys.interval);
    this.#sys.start();
    this.#keepHouse();
  }

  /**
   * Listens on all addresses of the settings, all or none, and restores what
   * is stored: clients can connect at once and are answered when all is back.
   * Throws the store's `StoreError`, or the transport's
   * `ListenError` for the first address that cannot be had.
   */
  async start(): Promise<StartedListener[]> {
    const storage = await this.#openStorage();
    try {
      this.#context.loading = storage !== null;
      const started = await this.#listen();
      if (storage !== null) await this.#load(storage);
      return started;
    } catch (error) {
      for (const listener of this.#listeners) listener.close();
      this.#listeners = [];
      for (const connection of [...this.#connections]) connection.release();
      await storage?.close();
      throw error;
    }
  }

  async #openStorage(): Promise<Storage | null> {
    if (this.#settings.storage.mode === "memory") return null;
    // Loaded when it is used: the mode `memory` starts without it.
    const { nextDoubt, openStore } = await import("../store/mod.ts");
    const alarms = this.#alarms;
    const settings = storeSettings(this.#settings, (trouble) => {
      if (trouble === null) alarms.clear("snapshot");
      else alarms.raise("snapshot", trouble);
    });
    let doubt: Doubt | null = null;
    const open = () => openStore(settings, this.#clock, doubt);
    return new Storage(
      await open(),
      this.#context,
      alarms,
      this.#connections,
      (error) => {
        doubt = nextDoubt(settings.mode, doubt, error);
        return doubt === null ? null : open;
      },
    );
  }

  /** Restores what is stored; connections that come meanwhile wait. */
  async #load(storage: Storage): Promise<void> {
    await storage.start();
    this.#storage = storage;
    this.#sys.storage = () => storage.status;
    this.#context.loading = false;
    for (const connection of this.#connections) connection.loaded();
  }

  async #listen(): Promise<StartedListener[]> {
    const started: StartedListener[] = [];
    for (const settings of this.#settings.listener) {
      const listener = await this.#open(settings);
      this.#listeners.push(listener);
      started.push({
        name: settings.name,
        type: settings.type,
        bind: settings.type === "unix" ? settings.socket : settings.bind,
        port: listener.address.port,
      });
    }
    this.#listeners.forEach((listener, index) => {
      const settings = this.#settings.listener[index];
      listener.serve((accepted) => this.serve(accepted, settings)).catch(
        (error) => this.#log.trouble(`listener ${settings.name}`, error),
      );
    });
    return started;
  }

  #open(settings: ListenerSettings): Promise<Listener> {
    const where = `listener ${settings.name}`;
    return listen(settings, {
      clock: this.#clock,
      onTrouble: (error) => this.#log.trouble(where, error),
      onRefused: ({ reason, error, peer }) => {
        this.#counters.closed[reason]++;
        this.#log.trouble(`${where}, from ${peer.hostname}`, error);
      },
      tlsPorts: (settings) => this.#tlsPorts(settings),
    });
  }

  /** The certificate of a listener, and the authorities that it believes. */
  async #tlsPorts(settings: ListenerSettings): Promise<TlsPorts> {
    const identity = {
      cert: await Deno.readTextFile(settings.cert),
      key: await Deno.readTextFile(settings.key),
    };
    const authorities: string[] = [];
    for (const file of settings.ca) {
      authorities.push(await Deno.readTextFile(file));
    }
    return {
      keys: { choose: () => identity },
      authorities: () => authorities,
    };
  }

  /** Serves a stream as if it had come in by `listener`. */
  serve(accepted: Accepted, listener: ListenerSettings): void {
    const { hostname } = accepted.peer;
    if (this.#stopping || !this.#admission.enter(hostname, listener)) {
      const why = this.#stopping ? "shutdown" : "too-many-connections";
      const limit = this.#stopping ? null : this.#admission.limit;
      this.#counters.closed[why]++;
      this.#log.closed(null, hostname, why, limit);
      accepted.stream.close();
      return;
    }
    const connection = new Connection(
      accepted,
      this.#optionsOf(listener),
      this.#context,
      () => {
        this.#connections.delete(connection);
        this.#admission.leave(hostname, listener);
        if (this.#connections.size === 0) this.#whenEmpty?.();
      },
    );
    this.#connections.add(connection);
    connection.start();
  }

  /**
   * Stops accepting, publishes wills, takes leave of the clients, and
   * resolves when the last byte is written or `deadline` ms have passed.
   */
  async stop(deadline: number): Promise<void> {
    this.#stopping = true;
    for (const listener of this.#listeners) listener.close();
    this.#sys.stop();
    this.#housekeeping?.();
    this.#context.passes.begin();
    for (const session of this.#context.registry.all()) session.brokerStops();
    for (const connection of [...this.#connections]) {
      connection.close("shutdown", ReasonCode.ServerShuttingDown);
    }
    if (this.#connections.size > 0) {
      await new Promise<void>((resolve) => {
        const cancel = this.#clock.after(deadline, resolve);
        this.#whenEmpty = () => {
          cancel();
          resolve();
        };
      });
    }
    for (const connection of [...this.#connections]) connection.release();
    this.#context.deadlines.stop();
    await this.#storage?.close();
  }

  /** Changes that are not on disk yet, about; 0 in `memory`. */
  get unwritten(): number {
    return this.#storage?.status.unwritten ?? 0;
  }

  #optionsOf(listener: ListenerSettings): ListenerOptions {
    let options = this.#options.get(listener);
    if (options === undefined) {
      options = listenerOptions(listener);
      this.#options.set(listener, options);
    }
    return options;
  }

  #keepHouse(): void {
    this.#housekeeping = this.#clock.after(HOUSEKEEPING, () => {
      // What is being restored is not looked at yet.
      if (!this.#context.loading) {
        this.#router.sweep(this.#clock.now(), HOUSEKEEPING_STEPS);
      }
      this.#keepHouse();
    });
  }
}
