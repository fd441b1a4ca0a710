import { type Clock, SystemClock } from "../clock/mod.ts";
import {
  differenceOf,
  type ListenerSettings,
  PROFILES,
  type SettingChange,
  type Settings,
  withoutRestart,
} from "../config/mod.ts";
import type { OnBroken } from "../errors/mod.ts";
import { Router } from "../router/mod.ts";
import type { Authenticator, Authorizer } from "../security/mod.ts";
import type { StoreOpener, StoreSettings } from "../store/mod.ts";
import {
  applyLimits,
  Context,
  Counters,
  keepBuffers,
  Registry,
  workOf,
} from "../session/mod.ts";
import type { Accepted } from "../transport/mod.ts";
import { controlPath } from "./control/control_request.ts";
import { unaskedBy } from "./access/unasked.ts";
import { ClientEventsSwitch } from "./client_events_switch.ts";
import type { StartThread } from "./admin/admin_thread.ts";
import { Alarms } from "./status/alarms.ts";
import { type BrokerLog, silentLog } from "./status/broker_log.ts";
import { Figures } from "./figures/figures.ts";
import type { BrokerState } from "./status/broker_state.ts";
import { ConnectionLog } from "./listeners/connection_log.ts";
import { LEAST_HEAP, stateHeap } from "./heap_limit.ts";
import { EnforcedAccess } from "./enforced_access.ts";
import { Housekeeping } from "./housekeeping.ts";
import type { Listen } from "./listeners/listen.ts";
import { judgeSessions } from "./listeners/live_effect.ts";
import { ListenerManager } from "./listeners/listener_manager.ts";
import {
  prepareAll,
  type Prepared,
  type Reloadable,
  withoutOpening,
} from "./reload.ts";
import { SlowTurns } from "./status/slow_turns.ts";
import { Steering } from "./steering.ts";
import { RepeatedTroubles } from "./status/repeated_troubles.ts";
import { sessionOptions, storeSettings } from "./session_options.ts";
import type { StartedListener } from "./listeners/started_listener.ts";
import { openStorage, storeReports } from "./open_storage.ts";
import type { Storage } from "./storage.ts";
import { SysTopics } from "./status/sys_topics.ts";

/** Ports of a broker; each has a default. */
export interface BrokerPorts {
  /** Tells the time. @default the system's */
  readonly clock?: Clock;
  /** Authenticates clients. @default as the settings say */
  readonly authenticator?: Authenticator;
  /** Authorizes publish and subscribe. @default as the settings say */
  readonly authorizer?: Authorizer;
  /** At least 0 and below 1. @default Math.random */
  readonly random?: () => number;
  /** Bytes of V8's heap for state of clients. @default half of its limit */
  readonly heapLimit?: number;
  /** Opens listeners. @default at addresses of this machine */
  readonly listen?: Listen;
  /** Opens the store. @default the one in files that the settings name */
  readonly storeOpener?: StoreOpener;
  /**
   * Starts the thread of the admin page.
   * @default that of the program
   * @internal
   */
  readonly startAdminThread?: StartThread;
  /** Receives all events. @default silent */
  readonly log?: BrokerLog;
  /**
   * Called with the reason when another broker has taken the store. The caller
   * must stop this broker: it acknowledges no message that has to last.
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
  readonly #figures: Figures;
  /**
   * Shows this broker to people and programs, and lets them steer it.
   * @internal
   */
  readonly steering: Steering;
  readonly #sys: SysTopics;
  readonly #alarms: Alarms;
  readonly #troubles: RepeatedTroubles;
  readonly #connections: ConnectionLog;
  readonly #clientEvents: ClientEventsSwitch;
  readonly #housekeeping: Housekeeping;
  readonly #slowTurns: SlowTurns;
  readonly #access: EnforcedAccess;
  #storage: Storage | null = null;
  /** Settings of the store; null in `memory`. */
  #storeSettings: StoreSettings | null = null;
  #reloading: Promise<unknown> = Promise.resolve();
  #stopping = false;

  /** Makes all parts and starts the timers; accepts no client before `start`. */
  constructor(settings: Settings, ports: BrokerPorts = {}) {
    this.#settings = settings;
    this.#ports = ports;
    this.#clock = ports.clock ?? new SystemClock();
    this.#log = ports.log ?? silentLog;
    const random = ports.random ?? Math.random;
    const { tuning } = PROFILES[settings.profile.name];
    keepBuffers(tuning.keptBuffers);
    this.#router = new Router({
      sharedStrategy: settings.shared.strategy,
      retainedMessages: settings.retained.max_messages,
      retainedBytes: settings.retained.max_bytes,
      random,
      volatile: settings.storage.rule.map((rule) => rule.filter),
      cacheSize: tuning.cachedMatches,
    });
    const { heap } = this.#router;
    if (ports.heapLimit === undefined) heap.limitFrom(LEAST_HEAP, stateHeap);
    else heap.limit = ports.heapLimit;
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
      cachedRights: tuning.cachedRights,
      clock: this.#clock,
      counters: this.#counters,
      random,
      log: this.#connections,
    });
    this.#registry = new Registry(this.#context);
    this.#troubles = new RepeatedTroubles(this.#clock, this.#log);
    const own = { messages: 0, bytes: 0 };
    this.#alarms = new Alarms(this.#router, this.#log, this.#clock, own);
    this.#figures = new Figures(this.#registry, {
      own,
      store: () => this.#storage?.status ?? null,
      listeners: () => this.#listenerManager.figures,
      certificates: () => this.#listenerManager.certificateFigures,
      alarms: () => this.#alarms.raised,
    });
    this.#sys = new SysTopics(
      this.#context,
      this.#figures,
      own,
      settings.sys.interval,
    );
    this.#access = new EnforcedAccess({
      context: this.#context,
      clock: this.#clock,
      log: this.#log,
      figures: this.#figures,
      authenticator: ports.authenticator,
      authorizer: ports.authorizer,
    });
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
    this.#slowTurns = new SlowTurns(
      this.#context,
      this.#log,
      this.#listenerManager,
    );
    this.steering = new Steering({
      registry: this.#registry,
      settings: () => this.#settings,
      figures: this.#figures,
      listenerManager: this.#listenerManager,
      clock: this.#clock,
      log: this.#log,
      connections: this.#connections,
      troubles: this.#troubles,
      startAdminThread: ports.startAdminThread,
    });
    const log = this.#connections;
    this.#clientEvents = new ClientEventsSwitch(this.#context, log);
    this.#sys.start();
    this.#housekeeping = new Housekeeping({
      clock: this.#context.workClock("housekeeping"),
      context: this.#context,
      log: this.#log,
      keepTime: () => this.#storage?.keepTime(),
      calendarSet: () => this.#listenerManager.calendarSet(),
    });
  }

  /**
   * Listens on all addresses of the settings, or on none, and restores the
   * stored state. Clients can connect at once; CONNACK waits for the state.
   *
   * @throws {StoreError} when the store cannot be opened.
   * @throws {ListenError} for the first address that cannot be had.
   */
  async start(): Promise<StartedListener[]> {
    await this.#access.start(this.#settings);
    await this.#clientEvents.start(this.#settings);
    const storage = await this.#openStorage();
    try {
      this.#context.loading = storage !== null;
      await this.#listenerManager.open();
      const admin = this.steering.start(this.#settings);
      // Awaited below, also when the store fails first.
      admin.catch(() => {});
      if (storage !== null) await this.#load(storage);
      await this.#openControl();
      await admin;
      return this.listeners;
    } catch (error) {
      this.#context.watch.stop();
      this.#listenerManager.close();
      this.#listenerManager.drop();
      await this.#release();
      await storage?.close();
      throw error;
    }
  }

  async #openStorage(): Promise<Storage | null> {
    if (this.#settings.storage.mode === "memory") return null;
    const reports = storeReports(this.#alarms);
    this.#storeSettings = storeSettings(this.#settings, reports);
    return await openStorage(this.#storeSettings, {
      registry: this.#registry,
      alarms: this.#alarms,
      connections: this.#listenerManager.connections,
      opener: this.#ports.storeOpener,
      onTaken: (reason) => this.#ports.onTaken?.(reason),
    });
  }

  /** In `memory` there is no store beside which the socket could be. */
  async #openControl(): Promise<void> {
    // A store from elsewhere need not be in a folder.
    if (this.#storeSettings === null || this.#ports.storeOpener !== undefined) {
      return;
    }
    await this.steering.answerAt(controlPath(this.#storeSettings.path));
  }

  /**
   * Reads all certificates, authorities and lists again. Never rejects: the log
   * names files that cannot be used. New handshakes use the new files. Clients
   * with a revoked certificate are disconnected.
   */
  async reloadCertificates(): Promise<void> {
    await this.#listenerManager.reloadCertificates();
  }

  /** Notes that settings are read for a reload, for slow turns. */
  reloadBegins(): void {
    this.#context.turn.begin(workOf("reload"));
  }

  /** The settings in force; a change that needs a restart is not among them. */
  get settings(): Settings {
    return this.#settings;
  }

  /** Files that users and rules were read from. */
  get accessFiles(): readonly string[] {
    return this.#access.files;
  }

  /**
   * Applies `settings` while the broker runs, and reads again all files that
   * they name. Resolves to the changes, also those that need a restart and did
   * not apply. Rejects with the first fault; then all settings are as before,
   * but a listener may have been closed for a moment.
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
    this.#context.turn.begin(workOf("reload"));
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
      const now = storeSettings(settings, storeReports(this.#alarms));
      Object.assign(this.#storeSettings, now);
    }),
    { prepare: (settings) => this.#access.prepare(settings) },
    { prepare: (settings) => this.#clientEvents.prepare(settings) },
    { prepare: (settings) => this.steering.prepare(settings) },
    // Last: listeners that have opened are not closed again.
    { prepare: (settings) => this.#prepareListeners(settings) },
  ];

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

  /** Restores the stored state; new connections wait meanwhile. */
  async #load(storage: Storage): Promise<void> {
    const { clockDoubt } = await storage.start();
    if (clockDoubt !== null) {
      const text = `${clockDoubt}; the time between the two counts as 0`;
      const error = new Error(text);
      this.#log.trouble("clock", error, "clock-doubtful", "broker");
    }
    this.#storage = storage;
    storage.onCommit = this.steering.figures.committed;
    this.#context.loading = false;
    for (const connection of this.#listenerManager.connections) {
      connection.loaded();
    }
  }

  /** The listeners that are open now, in the order of the settings. */
  get listeners(): StartedListener[] {
    return this.#listenerManager.listeners;
  }

  /** Serves a stream as if `listener` had accepted it. */
  serve(accepted: Accepted, listener: ListenerSettings): void {
    this.#listenerManager.receive(accepted, listener);
  }

  /**
   * Closes the listeners, publishes wills, and sends DISCONNECT 0x8B to MQTT
   * 5.0 clients. Resolves when the last byte is written or `deadline` ms have
   * passed.
   */
  async stop(deadline: number): Promise<void> {
    this.#stopping = this.#figures.isStopping = true;
    this.#listenerManager.close();
    this.#sys.stop();
    this.#housekeeping.stop();
    this.#context.turn.begin(workOf("stop"));
    const { faults, deadlines } = this.#context;
    for (const session of this.#registry.all()) {
      const result = "the broker stops without this session's will or ids";
      const { clientId } = session;
      faults.survive(result, () => session.brokerStops(), clientId);
    }
    try {
      await this.#listenerManager.empty(deadline);
      deadlines.stop();
      this.#context.watch.stop();
      await this.#release();
    } finally {
      await this.#storage?.close();
    }
  }

  /** Closes all that can be opened while the broker runs. */
  async #release(): Promise<void> {
    await this.steering.stop();
    this.#sys.stop();
    await this.#listenerManager.release();
    this.#troubles.stop();
    this.#slowTurns.stop();
    this.#connections.stop();
    this.#access.stop();
  }

  /** Counts and logs a broken invariant, for `outliveBroken`. */
  get onBroken(): OnBroken {
    return this.#context.faults.broken;
  }

  /** Writes all changes now; resolves when they are on disk. */
  async save(): Promise<void> {
    await this.#storage?.save();
  }

  /** Counts of the present state, for the log. */
  get state(): BrokerState {
    return this.steering.state;
  }

  /** Time since the commit under way began (ms); 0 without one. */
  get commitAge(): number {
    return this.#storage?.status.commitAge ?? 0;
  }

  /** Changes that are not on disk yet, about; 0 in `memory`. */
  get unwritten(): number {
    return this.#storage?.status.unwritten ?? 0;
  }
}
