import { type Cancel, type Clock, SystemClock } from "../clock/mod.ts";
import {
  differenceOf,
  type ListenerSettings,
  type SettingChange,
  type Settings,
  withoutRestart,
} from "../config/mod.ts";
import { ReasonCode } from "../mqtt/mod.ts";
import { Router } from "../router/mod.ts";
import {
  type Authenticator,
  type Authorizer,
  Unasked,
} from "../security/mod.ts";
import type { Doubt, StoreSettings } from "../store/mod.ts";
import {
  applyLimits,
  Connection,
  Context,
  Counters,
  type SessionLog,
} from "../session/mod.ts";
import type { Accepted, Listener } from "../transport/mod.ts";
import type { AccessControl, AccessState } from "./access.ts";
import { Admission } from "./admission.ts";
import { allowsAnonymous } from "./allows_anonymous.ts";
import { Alarms } from "./alarms.ts";
import type { Trust } from "./automatic_certificate.ts";
import type { Certificates } from "./certificates.ts";
import { isShownAlike } from "./certificate_settings.ts";
import type { Judgement } from "./client_certificates.ts";
import { type Door, type DoorChange, Doors } from "./doors.ts";
import { Guest } from "./guest.ts";
import { hasTls, listen } from "./listen.ts";
import { judgeGuests, judgeSessions, sendOffGone } from "./live_effect.ts";
import { sessionOptions, storeSettings } from "./session_options.ts";
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
  /** Something an operator may wait for has come about; `what` says where. */
  notice(what: string, text: string): void;
}

/** What a broker is made with; what is left out is the usual. */
export interface BrokerPorts {
  /** The only time there is. @default the system's */
  readonly clock?: Clock;
  /** Who may come in. @default as the settings say */
  readonly authenticator?: Authenticator;
  /** Who may do what. @default as the settings say */
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
  /** How to trust the certificate that the broker has made for it. */
  readonly trust?: Trust;
}

const SILENT: BrokerLog = {
  connected() {},
  closed() {},
  failed() {},
  trouble() {},
  recovered() {},
  notice() {},
};

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
  readonly #admission: Admission;
  readonly #doors: Doors;
  readonly #guests = new Map<Connection, Guest>();
  readonly #sys: SysTopics;
  readonly #alarms: Alarms;
  #storage: Storage | null = null;
  #certificates: Certificates | null = null;
  #access: AccessControl | null = null;
  /** What the store goes by; null in `memory`. */
  #storeSettings: StoreSettings | null = null;
  #reloading: Promise<unknown> = Promise.resolve();
  /** Certificates that will be in use if all else can be. */
  #coming: Certificates | null = null;
  #housekeeping: Cancel | null = null;
  #whenEmpty: (() => void) | null = null;
  #stopping = false;

  /** Makes all parts and starts the timers; accepts nobody before `start`. */
  constructor(settings: Settings, ports: BrokerPorts = {}) {
    this.#settings = settings;
    this.#ports = ports;
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
      authenticator: ports.authenticator ??
        new Unasked(allowsAnonymous(settings.listener)),
      authorizer: ports.authorizer ?? null,
      clock: this.#clock,
      counters: this.#counters,
      random,
      log: this.#log,
    });
    this.#admission = new Admission(settings.limits);
    this.#doors = new Doors(settings.listener, {
      clock: this.#clock,
      open: (settings, door) => this.#open(settings, door),
      serve: (accepted, door) => this.#serve(accepted, door),
      failed: (door, error) =>
        this.#log.trouble(`listener ${door.settings.name}`, error),
    });
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
    await this.#openAccess();
    const storage = await this.#openStorage();
    try {
      this.#context.loading = storage !== null;
      const started = await this.#listen();
      if (storage !== null) await this.#load(storage);
      return started;
    } catch (error) {
      this.#doors.close();
      for (const connection of [...this.#guests.keys()]) connection.release();
      await this.#certificates?.stop();
      this.#access?.stop();
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
      const { AccessControl } = await import("./access.ts");
      const ports = { clock: this.#clock, log: this.#log };
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
      : authenticator ?? new Unasked(allowsAnonymous(listener));
    this.#context.authorize(access?.authorizer ?? authorizer ?? null);
  }

  async #openStorage(): Promise<Storage | null> {
    if (this.#settings.storage.mode === "memory") return null;
    // Loaded when it is used: the mode `memory` starts without it.
    const { nextDoubt, openStore } = await import("../store/mod.ts");
    const alarms = this.#alarms;
    const settings = this.#storeSettings = storeSettings(
      this.#settings,
      (trouble) => {
        if (trouble === null) alarms.clear("snapshot");
        else alarms.raise("snapshot", trouble);
      },
    );
    let doubt: Doubt | null = null;
    const open = () => openStore(settings, this.#clock, doubt);
    return new Storage(
      await open(),
      this.#context,
      alarms,
      { [Symbol.iterator]: () => this.#guests.keys() },
      (error) => {
        doubt = nextDoubt(settings.mode, doubt, error);
        return doubt === null ? null : open;
      },
    );
  }

  /** Loaded when it is used: a broker without TLS does without. */
  async #readCertificates(settings: Settings): Promise<Certificates | null> {
    if (!settings.listener.some(hasTls)) return null;
    const now = this.#certificates;
    if (now !== null && isShownAlike(this.#settings, settings)) return now;
    const { Certificates } = await import("./certificates.ts");
    return await Certificates.load(settings, {
      clock: this.#clock,
      log: this.#log,
      alarms: this.#alarms,
      environment: Deno.env.toObject(),
    });
  }

  /** What is shown from now on, and whom listeners believe. */
  async #show(certificates: Certificates | null): Promise<void> {
    const before = this.#certificates;
    if (certificates === before) return;
    this.#certificates = certificates;
    this.#sys.certificates = certificates === null
      ? null
      : () => certificates.days;
    if (certificates === null) this.#alarms.clear("certificates");
    for (const guest of [...this.#guests.values()]) {
      const { settings } = guest.door;
      if (!hasTls(settings)) continue;
      certificates?.stays(guest, guest.judgement, settings);
    }
    certificates?.judgeAgain();
    await before?.stop();
    await certificates?.begin();
  }

  /**
   * Reads all certificates, authorities and lists again, as their files are
   * now. Never rejects: what cannot be used changes nothing, and the log says
   * why. New handshakes see what is new; connections go on, but for those
   * whose certificate has been taken back.
   */
  async reloadCertificates(): Promise<void> {
    await this.#certificates?.reload();
  }

  /** What is in force; where a restart is needed, still what was before. */
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
    const access = await this.#readAccess(next);
    let certificates: Certificates | null = null;
    let doors: DoorChange;
    try {
      certificates = await this.#readCertificates(next);
      this.#coming = certificates;
      doors = await this.#doors.change(next.listener);
    } catch (error) {
      access?.close();
      if (certificates !== this.#certificates) await certificates?.stop();
      throw error;
    } finally {
      this.#coming = null;
    }
    const isAlike = certificates === this.#certificates;
    this.#settings = next;
    this.#apply(next, doors, access);
    await this.#show(certificates);
    // A broker that was stopped meanwhile must not be left half open.
    if (this.#stopping) await this.#release();
    else {
      this.#doors.serve();
      if (isAlike) await this.reloadCertificates();
    }
    return changes;
  }

  /** All at once: nothing comes in between. */
  #apply(
    settings: Settings,
    { gone, kept }: DoorChange,
    access: AccessState | null,
  ): void {
    const context = this.#context;
    context.passes.begin();
    context.options = sessionOptions(settings);
    this.#admission.limits = settings.limits;
    this.#admission.rename(
      kept.map(({ door, before }) => [before, door.settings.name]),
    );
    this.#router.sharedStrategy = settings.shared.strategy;
    this.#router.volatile = settings.storage.rule.map(({ filter }) => filter);
    this.#sys.interval = settings.sys.interval;
    this.#sys.limitRetained(settings.retained);
    if (this.#storeSettings !== null) {
      const { snapshotTrouble } = this.#storeSettings;
      Object.assign(
        this.#storeSettings,
        storeSettings(settings, snapshotTrouble!),
      );
    }
    this.#enforce(access);
    for (const connection of this.#guests.keys()) applyLimits(connection);
    const guests = [...this.#guests.values()];
    sendOffGone(guests, gone);
    judgeGuests(guests, context);
    judgeSessions(context, (removed) => {
      if (removed === 0) return;
      const what = `${removed} subscriptions that are not allowed any more`;
      this.#log.notice("access", `removed ${what}`);
    });
  }

  /** Restores what is stored; connections that come meanwhile wait. */
  async #load(storage: Storage): Promise<void> {
    await storage.start();
    this.#storage = storage;
    this.#sys.storage = () => storage.status;
    this.#context.loading = false;
    for (const connection of this.#guests.keys()) connection.loaded();
  }

  async #listen(): Promise<StartedListener[]> {
    const certificates = await this.#readCertificates(this.#settings);
    await this.#show(certificates);
    await this.#doors.open();
    this.#doors.serve();
    return this.listeners;
  }

  /** The listeners that are open now, in the order of the settings. */
  get listeners(): StartedListener[] {
    return this.#doors.all.map(({ settings, listener }) => ({
      name: settings.name,
      type: settings.type,
      bind: settings.type === "unix" ? settings.socket : settings.bind,
      port: listener?.address.port ?? 0,
      ...this.#trustOf(settings),
    }));
  }

  #trustOf(settings: ListenerSettings): { trust?: Trust } {
    const trust = this.#certificates?.trustOf(settings);
    return trust ? { trust } : {};
  }

  #open(settings: ListenerSettings, door: Door): Promise<Listener> {
    const where = () => `listener ${door.settings.name}`;
    // Asked at each handshake: certificates may be others by then.
    const now = () =>
      (this.#coming ?? this.#certificates)!.tlsPorts(door.settings);
    return listen(settings, {
      clock: this.#clock,
      onTrouble: (error) => this.#log.trouble(where(), error),
      onRefused: ({ reason, error, peer }) => {
        this.#counters.closed[reason]++;
        this.#log.trouble(`${where()}, from ${peer.hostname}`, error);
      },
      tlsPorts: () =>
        Promise.resolve({
          keys: { choose: (serverName) => now().keys.choose(serverName) },
          authorities: () => now().authorities(),
        }),
    });
  }

  /** Serves a stream as if it had come in by `listener`. */
  serve(accepted: Accepted, listener: ListenerSettings): void {
    this.#serve(accepted, this.#doors.of(listener));
  }

  #serve(accepted: Accepted, door: Door): void {
    const { hostname } = accepted.peer;
    const entry = this.#stopping
      ? null
      : this.#admission.enter(hostname, door.settings);
    if (entry === null) {
      const why = this.#stopping ? "shutdown" : "too-many-connections";
      const limit = this.#stopping ? null : this.#admission.limit;
      this.#counters.closed[why]++;
      this.#log.closed(null, hostname, why, limit);
      accepted.stream.close();
      return;
    }
    const judgement = this.#judge(accepted, door.settings);
    if (judgement !== null && judgement.refusal !== null) {
      this.#admission.leave(entry);
      this.#counters.closed["certificate-refused"]++;
      this.#log.closed(null, hostname, "certificate-refused", null);
      accepted.stream.close();
      return;
    }
    const connection = new Connection(
      accepted,
      door.options,
      this.#context,
      () => {
        this.#guests.delete(connection);
        this.#certificates?.left(guest);
        this.#admission.leave(entry);
        if (this.#guests.size === 0) this.#whenEmpty?.();
      },
    );
    const guest = new Guest(connection, door, entry, judgement);
    if (judgement !== null) {
      connection.certificate = judgement.client;
      this.#certificates?.entered(guest, judgement);
    }
    this.#guests.set(connection, guest);
    connection.start();
  }

  /** Null where clients are asked for no certificate. */
  #judge(accepted: Accepted, listener: ListenerSettings): Judgement | null {
    if (this.#certificates === null || !hasTls(listener)) return null;
    const { certificate = null, peer } = accepted;
    return this.#certificates.judge(certificate, peer.hostname, listener);
  }

  /**
   * Stops accepting, publishes wills, takes leave of the clients, and
   * resolves when the last byte is written or `deadline` ms have passed.
   */
  async stop(deadline: number): Promise<void> {
    this.#stopping = true;
    this.#doors.close();
    this.#sys.stop();
    this.#housekeeping?.();
    this.#context.passes.begin();
    for (const session of this.#context.registry.all()) session.brokerStops();
    for (const connection of [...this.#guests.keys()]) {
      connection.close("shutdown", ReasonCode.ServerShuttingDown);
    }
    if (this.#guests.size > 0) {
      await new Promise<void>((resolve) => {
        const cancel = this.#clock.after(deadline, resolve);
        this.#whenEmpty = () => {
          cancel();
          resolve();
        };
      });
    }
    for (const connection of [...this.#guests.keys()]) connection.release();
    this.#context.deadlines.stop();
    await this.#release();
    await this.#storage?.close();
  }

  /** Gives back what can be opened while it runs. */
  async #release(): Promise<void> {
    this.#doors.close();
    this.#sys.stop();
    await this.#certificates?.stop();
    this.#access?.stop();
  }

  /** Changes that are not on disk yet, about; 0 in `memory`. */
  get unwritten(): number {
    return this.#storage?.status.unwritten ?? 0;
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
