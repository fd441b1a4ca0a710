import { type Cancel, type Clock, SystemClock } from "../clock/mod.ts";
import type { ListenerSettings, Settings } from "../config/mod.ts";
import { ReasonCode } from "../mqtt/mod.ts";
import { Router } from "../router/mod.ts";
import {
  type Authenticator,
  type Authorizer,
  Unasked,
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
import type { AccessControl } from "./access.ts";
import { Admission } from "./admission.ts";
import { allowsAnonymous } from "./allows_anonymous.ts";
import { Alarms } from "./alarms.ts";
import type { Trust } from "./automatic_certificate.ts";
import type { Certificates } from "./certificates.ts";
import type { Judgement } from "./client_certificates.ts";
import { hasTls, listen } from "./listen.ts";
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
  #certificates: Certificates | null = null;
  #access: AccessControl | null = null;
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
      authenticator: ports.authenticator ??
        new Unasked(allowsAnonymous(settings.listener)),
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
    await this.#openAccess();
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
      await this.#certificates?.stop();
      this.#access?.stop();
      await storage?.close();
      throw error;
    }
  }

  /** Loaded when it is used: a broker that asks nobody does without. */
  async #openAccess(): Promise<void> {
    const { auth, acl, access: rules } = this.#settings;
    if (auth.length + acl.length + rules.acl_file.length === 0) return;
    const { AccessControl } = await import("./access.ts");
    const control = new AccessControl({ clock: this.#clock, log: this.#log });
    const access = await control.open(this.#settings);
    control.enforce(access);
    if (auth.length > 0) this.#context.authenticator = access.authenticator;
    if (access.authorizer !== null) this.#context.authorize(access.authorizer);
    this.#access = control;
    this.#sys.logins = () => control.logins;
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

  /** Loaded when it is used: a start without TLS does without. */
  async #openCertificates(): Promise<Certificates> {
    if (this.#certificates !== null) return this.#certificates;
    const { Certificates } = await import("./certificates.ts");
    const certificates = await Certificates.open(this.#settings, {
      clock: this.#clock,
      log: this.#log,
      alarms: this.#alarms,
      environment: Deno.env.toObject(),
    });
    this.#sys.certificates = () => certificates.days;
    return this.#certificates = certificates;
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
        ...this.#trustOf(settings),
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

  #trustOf(settings: ListenerSettings): { trust?: Trust } {
    const trust = this.#certificates?.trustOf(settings);
    return trust ? { trust } : {};
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
      tlsPorts: async (settings) => {
        const certificates = await this.#openCertificates();
        return certificates.tlsPorts(settings);
      },
    });
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
    const judgement = this.#judge(accepted, listener);
    if (judgement !== null && judgement.refusal !== null) {
      this.#admission.leave(hostname, listener);
      this.#counters.closed["certificate-refused"]++;
      this.#log.closed(null, hostname, "certificate-refused", null);
      accepted.stream.close();
      return;
    }
    const connection = new Connection(
      accepted,
      this.#optionsOf(listener),
      this.#context,
      () => {
        this.#connections.delete(connection);
        this.#certificates?.left(ending);
        this.#admission.leave(hostname, listener);
        if (this.#connections.size === 0) this.#whenEmpty?.();
      },
    );
    const ending = {
      end: (why: string) => {
        this.#context.passes.begin();
        const { NotAuthorized } = ReasonCode;
        const reason = `the certificate is no longer let in: ${why}`;
        connection.close("certificate-revoked", NotAuthorized, reason);
      },
    };
    if (judgement !== null) {
      connection.certificate = judgement.client;
      this.#certificates?.entered(ending, judgement);
    }
    this.#connections.add(connection);
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
    await this.#certificates?.stop();
    this.#access?.stop();
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
