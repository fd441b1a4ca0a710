import { type Cancel, type Clock, SystemClock } from "../clock/mod.ts";
import {
  differenceOf,
  type ListenerSettings,
  type SettingChange,
  type Settings,
  withoutRestart,
} from "../config/mod.ts";
import { Router } from "../router/mod.ts";
import type { Authenticator, Authorizer } from "../security/mod.ts";
import type { Doubt, StoreOpener, StoreSettings } from "../store/mod.ts";
import { applyLimits, Context, Counters, Registry } from "../session/mod.ts";
import type { Accepted } from "../transport/mod.ts";
import type { AccessControl, AccessState } from "./access/access.ts";
import type { Control } from "./control/control.ts";
import { unaskedBy } from "./access/unasked.ts";
import { type AlarmName, Alarms } from "./status/alarms.ts";
import { type BrokerLog, silentLog } from "./status/broker_log.ts";
import { type BrokerState, brokerState } from "./status/broker_state.ts";
import { CalendarWatch } from "./calendar_watch.ts";
import { ConnectionLog } from "./listeners/connection_log.ts";
import type { Listen } from "./listeners/listen.ts";
import { judgeSessions } from "./listeners/live_effect.ts";
import { ListenerManager } from "./listeners/listener_manager.ts";
import {
  prepareAll,
  type Prepared,
  type Reloadable,
  withoutOpening,
} from "./reload.ts";
import { RepeatedTroubles } from "./status/repeated_troubles.ts";
import {
  sessionOptions,
  storageFolder,
  type StoreReports,
  storeSettings,
} from "./session_options.ts";
import type { StartedListener } from "./listeners/started_listener.ts";
import { Storage } from "./storage.ts";
import { SysTopics } from "./status/sys_topics.ts";

/** Between two rounds of housekeeping (ms), and while there is nothing to do. */
const HOUSEKEEPING = 1000;
const IDLE_HOUSEKEEPING = 10_000;

/** Retained messages and cached routes looked at in one round. */
const HOUSEKEEPING_STEPS = 2000;

/** Ports of a broker; each has a default. */
export interface BrokerPorts {
  /** The only time there is. @default the system's */
  readonly clock?: Clock;
  /** Authenticates clients. @default as the settings say */
  readonly authenticator?: Authenticator;
  /** Authorizes publish and subscribe. @default as the settings say */
  readonly authorizer?: Authorizer;
  /** At least 0 and below 1. @default Math.random */
  readonly random?: () => number;
  /** Opens listeners. @default at addresses of this machine */
  readonly listen?: Listen;
  /** Opens the store. @default the one in files that the settings name */
  readonly storeOpener?: StoreOpener;
  /** Told what a person may want to know. @default silent */
  readonly log?: BrokerLog;
  /**
   * Called with the reason when another broker has taken the store: this one
   * acknowledges nothing that has to last any more, and is to be stopped.
   */
  readonly onTaken?: (reason: string) => void;
  /** Called when a listener that waited for its address listens. */
  readonly onListening?: () => void;
}

/**
 * One broker: it makes all parts from the settings and connects them.
 *
 * Start: context, router, listeners, `$SYS`. Stop: listeners, wills,
 * connections, timers; each waits for the one before.
 */
export class Broker {
  #settings: Settings;
  readonly #ports: BrokerPorts;
  readonly #clock: Clock;
  readonly #log: BrokerLog;
  readonly #counters = new Counters();
  readonly #router: Router;
  readonly #context: Context;
  readonly #registry: Registry;
  readonly #listenerManager: ListenerManager;
  readonly #sys: SysTopics;
  readonly #alarms: Alarms;
  readonly #troubles: RepeatedTroubles;
  readonly #connections: ConnectionLog;
  readonly #calendar: CalendarWatch;
  #storage: Storage | null = null;
  #access: AccessControl | null = null;
  #control: Control | null = null;
  /** Settings of the store; null in `memory`. */
  #storeSettings: StoreSettings | null = null;
  #reloading: Promise<unknown> = Promise.resolve();
  #housekeeping: Cancel | null = null;
  #stopping = false;

  /** Makes all parts and starts the timers; accepts nobody before `start`. */
  constructor(settings: Settings, ports: BrokerPorts = {}) {
    this.#settings = settings;
    this.#ports = ports;
    this.#clock = ports.clock ?? new SystemClock();
    this.#calendar = new CalendarWatch(this.#clock);
    this.#log = ports.log ?? silentLog;
    const random = ports.random ?? Math.random;
    this.#router = new Router({
      sharedStrategy: settings.shared.strategy,
      retainedMessages: settings.retained.max_messages,
      retainedBytes: settings.retained.max_bytes,
      random,
      volatile: settings.storage.rule.map((rule) => rule.filter),
    });
    this.#connections = new ConnectionLog({
      clock: this.#clock,
      log: this.#log,
      listeners: () => this.listeners,
    }, settings.log.connections);
    this.#context = new Context({
      options: sessionOptions(settings),
      router: this.#router,
      authenticator: ports.authenticator ??
        unaskedBy(settings.listener),
      authorizer: ports.authorizer ?? null,
      clock: this.#clock,
      counters: this.#counters,
      random,
      log: this.#connections,
    });
    this.#registry = new Registry(this.#context);
    this.#troubles = new RepeatedTroubles(this.#clock, this.#log);
    this.#alarms = new Alarms(this.#router, this.#log, this.#clock);
    this.#sys = new SysTopics(this.#registry, settings.sys.interval);
    this.#listenerManager = new ListenerManager(settings, {
      registry: this.#registry,
      clock: this.#clock,
      log: this.#log,
      connections: this.#connections,
      alarms: this.#alarms,
      troubles: this.#troubles,
      listen: ports.listen,
      onListening: ports.onListening ?? (() => {}),
    });
    this.#sys.certificates = () => this.#listenerManager.certificateDays;
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
    await this.#openAccess();
    const storage = await this.#openStorage();
    try {
      this.#context.loading = storage !== null;
      await this.#listenerManager.open();
      if (storage !== null) await this.#load(storage);
      await this.#openControl();
      return this.listeners;
    } catch (error) {
      this.#listenerManager.close();
      this.#listenerManager.drop();
      await this.#release();
      await storage?.close();
      throw error;
    }
  }

  async #openAccess(): Promise<void> {
    const access = await this.#readAccess(this.#settings);
    if (access !== null) this.#enforce(access);
  }

  /**
   * Loaded when it is used: a broker that asks nobody does without, and gets
   * null.
   */
  async #readAccess(settings: Settings): Promise<AccessState | null> {
    const { auth, acl, access } = settings;
    if (auth.length + acl.length + access.acl_file.length === 0) return null;
    if (this.#access === null) {
      const { AccessControl } = await import("./access/access.ts");
      const folder = storageFolder(settings);
      const ports = { clock: this.#clock, log: this.#log, folder };
      const control = this.#access = new AccessControl(ports);
      this.#sys.logins = () => control.logins;
    }
    return await this.#access.open(settings);
  }

  /** Null: nobody is asked who comes, and everybody may do everything. */
  #enforce(access: AccessState | null): void {
    const { authenticator, authorizer } = this.#ports;
    if (access !== null) this.#access!.enforce(access);
    else {
      this.#access?.stop();
      this.#access = null;
    }
    const { auth, listener } = this.#settings;
    this.#context.authenticator = auth.length > 0 && access !== null
      ? access.authenticator
      : authenticator ?? unaskedBy(listener);
    this.#context.authorize(access?.authorizer ?? authorizer ?? null);
  }

  /** An alarm each, for as long as it is so. */
  get #storeReports(): StoreReports {
    const alarm = (name: AlarmName) => (text: string | null) => {
      if (text === null) this.#alarms.clear(name);
      else this.#alarms.raise(name, text);
    };
    return {
      snapshotTrouble: alarm("snapshot"),
      damage: alarm("damage"),
      walTrouble: alarm("wal"),
    };
  }

  async #openStorage(): Promise<Storage | null> {
    if (this.#settings.storage.mode === "memory") return null;
    // Loaded when it is used: the mode `memory` starts without it.
    const { nextDoubt, openStore } = this.#ports.storeOpener ??
      await import("../store/mod.ts");
    const alarms = this.#alarms;
    const settings = this.#storeSettings = storeSettings(
      this.#settings,
      this.#storeReports,
    );
    let doubt: Doubt | null = null;
    const open = () => openStore(settings, this.#clock, doubt);
    const storage = new Storage(
      await open(),
      this.#registry,
      alarms,
      this.#listenerManager.connections,
      (error) => {
        doubt = nextDoubt(doubt, error);
        return doubt === null ? null : open;
      },
    );
    storage.onTaken = (reason) => {
      alarms.raise("storage", reason);
      this.#ports.onTaken?.(reason);
    };
    return storage;
  }

  /**
   * Beside the store, where only this user can be: a broker that stores nothing
   * has no such place. Without it, clients are served all the same.
   */
  async #openControl(): Promise<void> {
    if (this.#storeSettings === null || Deno.build.os === "windows") return;
    // A store from elsewhere need not be in a folder.
    if (this.#ports.storeOpener !== undefined) return;
    const onTrouble = (error: Error) =>
      this.#troubles.tell("control socket", error);
    const { Control, controlPath } = await import("./control/control.ts");
    const path = controlPath(this.#storeSettings.path);
    const parts = {
      registry: this.#registry,
      settings: () => this.#settings,
      clock: this.#clock,
      onTrouble,
    };
    try {
      const control = await Control.open(path, parts);
      if (this.#stopping) control.close();
      else this.#control = control;
    } catch (error) {
      onTrouble(error as Error);
    }
  }

  /**
   * Reads all certificates, authorities and lists again, as their files are
   * now. Never rejects: what cannot be used changes nothing, and the log says
   * why. New handshakes see what is new; connections go on, but for those
   * whose certificate has been taken back.
   */
  async reloadCertificates(): Promise<void> {
    await this.#listenerManager.reloadCertificates();
  }

  /** The settings in force; a change that needs a restart is not among them. */
  get settings(): Settings {
    return this.#settings;
  }

  /** Files that users and rules were read from. */
  get accessFiles(): readonly string[] {
    return this.#access?.now?.files ?? [];
  }

  /**
   * Goes over to `settings` while it runs, and reads all files anew that they
   * name. Resolves to what has changed, with what needs a restart and is left
   * as it was. All of it or nothing: rejects with what is wrong, and then
   * everything is as before, but that a listener may have stopped to listen
   * for a moment.
   */
  reload(settings: Settings): Promise<SettingChange[]> {
    const reload = () => this.#reload(settings);
    const reloaded = this.#reloading.then(reload, reload);
    this.#reloading = reloaded;
    return reloaded;
  }

  async #reload(wanted: Settings): Promise<SettingChange[]> {
    const before = this.#settings;
    const changes = differenceOf(before, wanted);
    const next = withoutRestart(before, wanted);
    const prepared = await prepareAll(this.#reloadables, next);
    this.#settings = next;
    this.#context.turn.begin();
    for (const one of prepared) one.apply();
    this.#judgeAll();
    for (const one of prepared) await one.finish?.();
    if (this.#stopping) await this.#release();
    return changes;
  }

  /** The owners of settings, in the order in which they apply them. */
  readonly #reloadables: readonly Reloadable[] = [
    withoutOpening((settings) => {
      this.#context.options = sessionOptions(settings);
    }),
    withoutOpening(({ shared, storage }) => {
      this.#router.sharedStrategy = shared.strategy;
      this.#router.volatile = storage.rule.map(({ filter }) => filter);
    }),
    withoutOpening(({ sys, retained, log }) => {
      this.#sys.interval = sys.interval;
      this.#sys.limitRetained(retained);
      this.#connections.isVerbose = log.connections;
    }),
    withoutOpening((settings) => {
      if (this.#storeSettings === null) return;
      const now = storeSettings(settings, this.#storeReports);
      Object.assign(this.#storeSettings, now);
    }),
    { prepare: (settings) => this.#prepareAccess(settings) },
    // Last: listeners that have opened are not closed again.
    { prepare: (settings) => this.#prepareListeners(settings) },
  ];

  async #prepareAccess(settings: Settings): Promise<Prepared> {
    const access = await this.#readAccess(settings);
    return {
      apply: () => this.#enforce(access),
      undo: () => access?.close(),
    };
  }

  async #prepareListeners(settings: Settings): Promise<Prepared> {
    const prepared = await this.#listenerManager.prepare(settings);
    return {
      apply: () => this.#listenerManager.enforce(prepared),
      finish: () => this.#listenerManager.serve(prepared),
    };
  }

  /** Judges connections and subscriptions by the settings in force. */
  #judgeAll(): void {
    const { connections } = this.#listenerManager;
    for (const connection of connections) applyLimits(connection);
    judgeSessions(this.#registry, this.#log);
  }

  /** Restores what is stored; connections that come meanwhile wait. */
  async #load(storage: Storage): Promise<void> {
    const { clockDoubt } = await storage.start();
    if (clockDoubt !== null) {
      const text = `${clockDoubt}; the time between the two counts as 0`;
      this.#log.trouble("clock", new Error(text));
    }
    this.#storage = storage;
    this.#sys.storage = () => storage.status;
    this.#context.loading = false;
    for (const connection of this.#listenerManager.connections) {
      connection.loaded();
    }
  }

  /** The listeners that are open now, in the order of the settings. */
  get listeners(): StartedListener[] {
    return this.#listenerManager.listeners;
  }

  /** Serves a stream as if it had come in by `listener`. */
  serve(accepted: Accepted, listener: ListenerSettings): void {
    this.#listenerManager.receive(accepted, listener);
  }

  /**
   * Stops accepting, publishes wills, takes leave of the clients, and
   * resolves when the last byte is written or `deadline` ms have passed.
   */
  async stop(deadline: number): Promise<void> {
    this.#stopping = true;
    this.#listenerManager.close();
    this.#sys.stop();
    this.#housekeeping?.();
    this.#context.turn.begin();
    const { faults, deadlines } = this.#context;
    for (const session of this.#registry.all()) {
      const result = "the broker stops without this session's will or ids";
      const { clientId } = session;
      faults.survive(result, () => session.brokerStops(), clientId);
    }
    try {
      await this.#listenerManager.empty(deadline);
      deadlines.stop();
      await this.#release();
    } finally {
      await this.#storage?.close();
    }
  }

  /** Gives back what can be opened while it runs. */
  async #release(): Promise<void> {
    this.#control?.close();
    this.#control = null;
    this.#sys.stop();
    await this.#listenerManager.release();
    this.#troubles.stop();
    this.#connections.stop();
    this.#access?.stop();
  }

  /**
   * Writes what has changed so far at once; resolves when it is on disk, and at
   * once in `memory`.
   */
  async save(): Promise<void> {
    await this.#storage?.save();
  }

  /** Counts of the present state, for the log. */
  get state(): BrokerState {
    return brokerState(this.#registry, this.#storage?.status ?? null);
  }

  /** Changes that are not on disk yet, about; 0 in `memory`. */
  get unwritten(): number {
    return this.#storage?.status.unwritten ?? 0;
  }

  #keepHouse(wait = HOUSEKEEPING): void {
    this.#housekeeping = this.#clock.after(wait, () => {
      const next = this.#sweep() - this.#clock.now();
      this.#keepHouse(
        Math.min(Math.max(next, HOUSEKEEPING), IDLE_HOUSEKEEPING),
      );
    });
  }

  /** Returns when there is more to do (ms). */
  #sweep(): number {
    const now = this.#clock.now();
    let next = now;
    // What is being restored is not looked at yet.
    if (this.#context.loading) return next;
    this.#context.faults.survive(
      "housekeeping goes on in its next round",
      () => {
        this.#keepTime();
        next = this.#router.sweep(now, HOUSEKEEPING_STEPS);
      },
    );
    return next;
  }

  /** Durations go on whatever the calendar does; what is dated follows it. */
  #keepTime(): void {
    const { step, slept } = this.#calendar.look();
    if (slept > 0) this.#context.deadlines.awake();
    this.#storage?.keepTime();
    if (step === 0) return;
    const way = step > 0 ? "forward" : "back";
    const seconds = Math.round(Math.abs(step) / 1000);
    const text = `the calendar was set ${way} by ${seconds} s`;
    // Without an uptime the two look the same.
    const mayHaveSlept = step > 0 && this.#clock.machine() === null;
    this.#log.notice(
      "clock",
      mayHaveSlept
        ? `${text}, or the machine was suspended for that long`
        : text,
    );
    this.#listenerManager.calendarSet();
  }
}
