import type { Clock } from "../../clock/mod.ts";
import {
  hasTls,
  type ListenerSettings,
  type Settings,
} from "../../config/mod.ts";
import { codeOf } from "../../errors/mod.ts";
import { ReasonCode } from "../../mqtt/mod.ts";
import {
  type CloseReason,
  type Connection,
  type Context,
  openConnection,
  type Registry,
} from "../../session/mod.ts";
import type { Accepted, Listener } from "../../transport/mod.ts";
import { Admission } from "./admission.ts";
import type {
  CertificateFigures,
  ListenerFigures,
} from "../../admin/protocol/mod.ts";
import type { Alarms } from "../status/alarms.ts";
import type { BrokerLog } from "../status/broker_log.ts";
import type { ConnectionLog } from "./connection_log.ts";
import { isShownAlike } from "../certificates/certificate_settings.ts";
import type { Certificates } from "../certificates/certificates.ts";
import type { Judgement } from "../certificates/client_certificates.ts";
import {
  type HandleChange,
  type ListenerHandle,
  ListenerHandles,
} from "./listener_handles.ts";
import { ConnectionEntry } from "./connection_entry.ts";
import { type Listen, listen } from "./listen.ts";
import { judgeConnections, sendOffGone } from "./live_effect.ts";
import type { RepeatedTroubles } from "../status/repeated_troubles.ts";
import type { StartedListener } from "./started_listener.ts";

/** Ports of a listener manager. */
export interface ListenerManagerParts {
  readonly registry: Registry;
  readonly clock: Clock;
  readonly log: BrokerLog;
  readonly connections: ConnectionLog;
  readonly alarms: Alarms;
  readonly troubles: RepeatedTroubles;
  /** @default at addresses of this machine */
  readonly listen?: Listen;
  /** Called when a listener that waited for its address listens. */
  readonly onListening: () => void;
}

/** Why a connection is closed at once. */
interface TurnedAway {
  readonly limit?: string | null;
  readonly detail?: string | null;
}

/** Opened listeners and certificates for new settings. */
export interface PreparedListeners {
  readonly settings: Settings;
  readonly handles: HandleChange;
  readonly certificates: Certificates | null;
}

/**
 * All listeners, with their certificates and limits, and the connections that
 * they accepted.
 */
export class ListenerManager {
  readonly #context: Context;
  readonly #parts: ListenerManagerParts;
  readonly #admission: Admission;
  readonly #handles: ListenerHandles;
  readonly #entries = new Map<Connection, ConnectionEntry>();
  #settings: Settings;
  #certificates: Certificates | null = null;
  /** Certificates of a reload under way, for listeners that it adds. */
  #coming: Certificates | null = null;
  #whenEmpty: (() => void) | null = null;
  #stopping = false;

  /** Listens nowhere yet. */
  constructor(settings: Settings, parts: ListenerManagerParts) {
    this.#settings = settings;
    this.#parts = parts;
    this.#context = parts.registry.context;
    this.#admission = new Admission(settings.limits);
    this.#handles = new ListenerHandles(settings.listener, {
      clock: parts.clock,
      open: (settings, handle) => this.#open(settings, handle),
      serve: (accepted, handle) => this.#serve(accepted, handle),
      failed: (handle, error) =>
        parts.troubles.tell(
          `listener ${handle.settings.name}`,
          error,
          codeOf(error, "listen-failed"),
        ),
      waits: (handle, error) =>
        parts.log.trouble(
          `listener ${handle.settings.name}`,
          new Error(
            `${error.message}. It is tried again every 5 s (retry = true)`,
          ),
          codeOf(error, "listen-failed"),
          "listeners",
        ),
      arrived: (handle, lasted) => {
        const where = `listener ${handle.settings.name}`;
        parts.log.recovered(where, lasted, "listeners");
        parts.onListening();
      },
    });
  }

  /** All connections, at any time. */
  get connections(): Iterable<Connection> {
    return { [Symbol.iterator]: () => this.#entries.keys() };
  }

  /** Whether there are any. */
  get hasConnections(): boolean {
    return this.#entries.size > 0;
  }

  /** The listeners that are open now, in the order of the settings. */
  get listeners(): StartedListener[] {
    return this.#handles.all.map(({ settings, listener, waiting }) => {
      const isWaiting = waiting !== null;
      const trust = this.#certificates?.trustOf(settings);
      return {
        name: settings.name,
        type: settings.type,
        bind: settings.type === "unix" ? settings.socket : settings.bind,
        port: listener?.address.port ?? (isWaiting ? settings.port : 0),
        ...isWaiting ? { isWaiting } : {},
        ...trust ? { trust } : {},
      };
    });
  }

  /** The listeners that are open now, with their connections. */
  get figures(): ListenerFigures[] {
    return this.listeners.map(({ name, type, bind, port, isWaiting }) => ({
      ...{ name, type, bind, port, isWaiting: isWaiting ?? false },
      connections: this.#admission.countOf(name),
    }));
  }

  /** The certificate of each listener that ends first. */
  get certificateFigures(): readonly CertificateFigures[] {
    return this.#certificates?.figures ?? [];
  }

  /** Listens at all addresses, or rejects and listens at none. */
  async open(): Promise<void> {
    await this.#show(await this.#readCertificates(this.#settings));
    await this.#handles.open();
    this.#handles.serve();
  }

  /** Reads all certificates again; never rejects. */
  async reloadCertificates(): Promise<void> {
    await this.#certificates?.reload();
  }

  /** The calendar was set: certificates are renewed and judged by it. */
  calendarSet(): void {
    this.#certificates?.lookAtDates();
  }

  /**
   * Opens the listeners and certificates that `settings` add. Rejects when one
   * cannot be opened; then all is as before.
   */
  async prepare(settings: Settings): Promise<PreparedListeners> {
    const certificates = await this.#readCertificates(settings);
    this.#coming = certificates;
    try {
      const handles = await this.#handles.change(settings.listener);
      return { settings, handles, certificates };
    } catch (error) {
      if (certificates !== this.#certificates) await certificates?.stop();
      throw error;
    } finally {
      this.#coming = null;
    }
  }

  /** Applies the new settings and disconnects clients they no longer admit. */
  enforce({ settings, handles }: PreparedListeners): void {
    this.#settings = settings;
    this.#admission.limits = settings.limits;
    this.#admission.rename(
      handles.kept.map(({ handle, before }) => [before, handle.settings.name]),
    );
    const entries = [...this.#entries.values()];
    sendOffGone(entries, handles.gone);
    judgeConnections(entries, this.#context);
  }

  /** Puts the new certificates in use, and accepts clients. */
  async serve({ certificates }: PreparedListeners): Promise<void> {
    if (certificates === this.#certificates) await this.reloadCertificates();
    else await this.#show(certificates);
    // A broker that was stopped meanwhile must not be left half open.
    if (this.#stopping) await this.release();
    else this.#handles.serve();
  }

  /** Loaded when it is used: a broker without TLS does without. */
  async #readCertificates(settings: Settings): Promise<Certificates | null> {
    if (!settings.listener.some(hasTls)) return null;
    const now = this.#certificates;
    if (now !== null && isShownAlike(this.#settings, settings)) return now;
    const { Certificates } = await import("../certificates/certificates.ts");
    const { clock, log, alarms } = this.#parts;
    const environment = Deno.env.toObject();
    const ports = { clock, log, alarms, environment };
    return await Certificates.load(settings, ports, now);
  }

  /** Puts `certificates` in use for all listeners. */
  async #show(certificates: Certificates | null): Promise<void> {
    const before = this.#certificates;
    if (certificates === before) return;
    this.#certificates = certificates;
    if (certificates === null) {
      this.#parts.alarms.clear("certificates");
      this.#parts.alarms.clear("certificate-list");
    }
    for (const entry of [...this.#entries.values()]) {
      const { settings } = entry.handle;
      if (!hasTls(settings)) continue;
      certificates?.stays(entry, entry.judgement, settings);
    }
    await certificates?.judgeAgain();
    await before?.stop();
    await certificates?.begin();
  }

  #open(settings: ListenerSettings, handle: ListenerHandle): Promise<Listener> {
    const { clock, troubles, connections } = this.#parts;
    const where = () => `listener ${handle.settings.name}`;
    // Asked at each handshake: certificates may be others by then. A reload has
    // opened its new listeners before their certificates are in use.
    const now = () => {
      const { settings } = handle;
      const inUse = this.#certificates;
      const all = inUse?.serves(settings) ? inUse : this.#coming!;
      return all.tlsPorts(settings);
    };
    const open = this.#parts.listen ?? listen;
    return open(settings, {
      clock,
      onTrouble: (error) =>
        troubles.tell(where(), error, codeOf(error, "accept-failed")),
      onRefused: (refusal) => {
        const id = this.#count(refusal.reason);
        connections.refused(id, handle.settings.name, refusal);
      },
      tlsPorts: () =>
        Promise.resolve({
          keys: { choose: (serverName) => now().keys.choose(serverName) },
          authorities: () => now().authorities(),
        }),
      certify: (accepted) => this.#certify(accepted, handle.settings),
    });
  }

  /** Serves a stream as if `listener` had accepted it. */
  receive(accepted: Accepted, listener: ListenerSettings): void {
    this.#serve(accepted, this.#handles.of(listener));
  }

  #serve(accepted: Accepted, handle: ListenerHandle): void {
    const { hostname } = accepted.peer;
    const turnAway = (reason: CloseReason, told: TurnedAway) =>
      this.#turnAway(accepted, handle, reason, told);
    if (this.#stopping) return turnAway("shutdown", {});
    const place = this.#admission.enter(hostname, handle.settings);
    if (place === null) {
      const { limit } = this.#admission;
      return turnAway("too-many-connections", { limit });
    }
    let judgement: Judgement | null;
    try {
      judgement = this.#judge(accepted, handle.settings);
    } catch (error) {
      // The listener closes the stream; its place is free for the next one.
      this.#admission.leave(place);
      throw error;
    }
    if (judgement !== null && judgement.refusal !== null) {
      this.#admission.leave(place);
      const { certificate = null } = accepted;
      const { refusal } = judgement;
      const words = this.#certificates!;
      const detail = words.explain(refusal, judgement, certificate);
      return turnAway("certificate-refused", { detail });
    }
    const connection = openConnection(
      accepted,
      handle.options,
      this.#parts.registry,
      () => {
        this.#entries.delete(connection);
        this.#admission.leave(place);
        this.#certificates?.left(entry);
        if (this.#entries.size === 0) this.#whenEmpty?.();
      },
    );
    const entry = new ConnectionEntry(connection, handle, judgement);
    if (judgement !== null) {
      connection.certificate = judgement.client;
      this.#certificates?.entered(entry, judgement);
    } else if (handle.settings.proxy_username) {
      const username = accepted.clientName ?? null;
      connection.certificate = { facts: null, username };
    }
    this.#entries.set(connection, entry);
    connection.start();
  }

  #turnAway(
    { stream, peer }: Accepted,
    { settings }: ListenerHandle,
    reason: CloseReason,
    { limit = null, detail = null }: TurnedAway,
  ): void {
    const id = this.#count(reason);
    const end = { reason, limit, detail, wasOpen: false, reasonCode: null };
    this.#parts.connections.turnedAway(id, settings.name, peer, end);
    stream.close();
  }

  /** Counts a connection that came to nothing; returns its number. */
  #count(reason: CloseReason): number {
    this.#context.counters.closed[reason]++;
    return ++this.#context.connections;
  }

  async #certify(accepted: Accepted, listener: ListenerSettings) {
    if (this.#certificates === null || !hasTls(listener)) return;
    const { certificate = null } = accepted;
    await this.#certificates.admit(certificate, listener);
  }

  /** Null where clients are asked for no certificate. */
  #judge(accepted: Accepted, listener: ListenerSettings): Judgement | null {
    if (this.#certificates === null || !hasTls(listener)) return null;
    return this.#certificates.judge(accepted.certificate ?? null, listener);
  }

  /** Stops accepting connections. */
  close(): void {
    this.#stopping = true;
    this.#handles.close();
  }

  /**
   * Disconnects all clients. Resolves when the last byte is written or
   * `deadline` ms have passed.
   */
  async empty(deadline: number): Promise<void> {
    for (const connection of [...this.connections]) {
      connection.close("shutdown", ReasonCode.ServerShuttingDown);
    }
    if (this.#entries.size > 0) {
      await new Promise<void>((resolve) => {
        const cancel = this.#parts.clock.after(deadline, resolve);
        this.#whenEmpty = () => {
          cancel();
          resolve();
        };
      });
    }
    this.drop();
  }

  /** Ends all connections at once, without a word. */
  drop(): void {
    for (const connection of [...this.connections]) connection.release();
  }

  /** Gives back listeners and certificates. */
  async release(): Promise<void> {
    this.#handles.close();
    await this.#certificates?.stop();
  }
}
