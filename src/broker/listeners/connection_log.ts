import type { Cancel, Clock } from "../../clock/mod.ts";
import type { LogLevel } from "../../config/mod.ts";
import type { ErrorCode } from "../../errors/mod.ts";
import { hexByte } from "../../mqtt/mod.ts";
import { hostAndPort, subscriberOf } from "../../network/mod.ts";
import type {
  ConnectionEnd,
  LoggedConnection,
  SessionLog,
} from "../../session/mod.ts";
import {
  HandshakeError,
  type Refusal,
  RefusedError,
} from "../../transport/mod.ts";
import type { BrokerLog } from "../status/broker_log.ts";
import type { ClientEvents } from "../status/client_events.ts";
import { endWords } from "./connection_words.ts";
import { LineBudget } from "../status/line_budget.ts";
import type { StartedListener } from "./started_listener.ts";
import { Throttle } from "../status/throttle.ts";

/**
 * A minute's lines about refused and broken connections: 10 clients of an
 * address for one reason, 100 for one reason over all addresses.
 */
const LIMITS = { ofOne: 10, ofReason: 100 };

/** Lines of ordinary connects and disconnects: at once, and a second. */
const BURST = 1000;
const PER_SECOND = 20;

/** From the first line that was left out to the count of all of them (ms). */
const SUMMARY = 10_000;

/** Most characters of a client-chosen name in the log. */
const MOST_NAME = 200;
const MOST_TEXT = 500;

/** Receives the end of an accepted connection; must not throw. */
export type OnEnd = (connection: LoggedConnection, end: ConnectionEnd) => void;

/** Parts that a connection log uses. */
export interface ConnectionLogParts {
  readonly clock: Clock;
  readonly log: BrokerLog;
  /** The listeners that are open now. */
  readonly listeners: () => readonly StartedListener[];
}

/** Address of a peer. */
interface Peer {
  readonly hostname: string;
  readonly port: number;
}

/** Connections that came and went without a line of their own. */
interface Unlogged {
  connected: number;
  disconnected: number;
}

/**
 * Writes one line for each connection that is accepted, refused or ends, with
 * the same fields in the same order. Refusals and faults are throttled by address
 * and reason; ordinary connects and disconnects have a budget of lines, then a
 * count.
 */
export class ConnectionLog implements SessionLog {
  /** True if ordinary connects and disconnects are logged at `info`. */
  isVerbose: boolean;
  /** Publishes clients that come and go; null where the settings do not. */
  events: ClientEvents | null = null;
  /** Receives the ends of accepted connections; null while none does. */
  onEnd: OnEnd | null = null;
  readonly #parts: ConnectionLogParts;
  readonly #throttle: Throttle;
  readonly #budget: LineBudget;
  #unlogged: Unlogged | null = null;
  #summary: Cancel | null = null;

  /** `isVerbose` is `log.connections`. */
  constructor(parts: ConnectionLogParts, isVerbose: boolean) {
    const { clock, log } = parts;
    this.#parts = parts;
    this.isVerbose = isVerbose;
    this.#budget = new LineBudget(clock, BURST, PER_SECOND);
    this.#throttle = new Throttle(clock, LIMITS, (key, from, count) => {
      const [event, reason] = key.split(" ");
      const text = from === null
        ? "more from other addresses in the last minute"
        : "more from this address in the last minute";
      const fields = { from: from ?? undefined, reason, count, text };
      log.event("info", event, fields);
    });
  }

  connected(connection: LoggedConnection, present: boolean): void {
    this.events?.connected(connection, present);
    if (!this.#spend("connected")) return;
    const { id, listener, clientId, username } = connection;
    this.#parts.log.event(this.#level, "connected", {
      connection: id,
      from: addressOf(connection),
      listener: listener.name,
      client: cut(clientId, MOST_NAME),
      user: cut(username, MOST_NAME),
      version: connection.version,
      keep_alive: connection.patience / 1500,
      session: present ? "resumed" : "new",
    });
  }

  closed(connection: LoggedConnection, end: ConnectionEnd): void {
    this.events?.closed(connection, end);
    const { hostname, listener, clientId, username } = connection;
    if (this.onEnd !== null && end.wasOpen) this.onEnd(connection, end);
    if (isOrdinary(end)) {
      if (!this.#spend("disconnected")) return;
    } else {
      const whom = [listener.name, clientId, username, whyOf(end)];
      if (!this.#admits(end, hostname, whom)) return;
    }
    this.#end(connection, connection.id, listener.name, end, connection);
  }

  /** A connection of `listener` ended before it came to MQTT. */
  refused(id: number, listener: string, { reason, error, peer }: Refusal) {
    const isOurs = error instanceof RefusedError ||
      error instanceof HandshakeError;
    this.turnedAway(id, listener, peer, {
      ...{ reason, wasOpen: false, reasonCode: null, limit: null },
      fault: isOurs ? error.fault : null,
      detail: error.message,
    });
  }

  /** A connection was closed before its first byte was read. */
  turnedAway(
    id: number,
    listener: string,
    peer: Peer,
    end: ConnectionEnd,
  ): void {
    // Nothing else tells such clients apart.
    const whom = [listener, whyOf(end)];
    if (!this.#admits(end, peer.hostname, whom)) return;
    this.#end(peer, id, listener, end);
  }

  failed(clientId: string | null, error: unknown, result: string): void {
    this.#parts.log.failed(clientId, error, result);
  }

  /** Writes what was only counted so far, and ends the timers. */
  stop(): void {
    this.#throttle.stop();
    this.#summary?.();
    this.#summarise();
  }

  get #level(): LogLevel {
    return this.isVerbose ? "info" : "debug";
  }

  #admits(
    end: ConnectionEnd,
    hostname: string,
    whom: readonly (string | null)[],
  ): boolean {
    const key = `${eventOf(end)} ${end.reason}`;
    return this.#throttle.admits(key, subscriberOf(hostname), ...whom);
  }

  /** The same fields in the same order for all that ends. */
  #end(
    peer: Peer,
    id: number,
    listener: string,
    end: ConnectionEnd,
    client?: LoggedConnection,
  ): void {
    const { reason, reasonCode, limit, wasOpen, fault = null } = end;
    const detail = cut(end.detail, MOST_TEXT) ?? null;
    const listeners = this.#parts.listeners;
    const facts = { wasOpen, limit, fault, listeners, detail };
    const level = isOrdinary(end) ? this.#level : "info";
    this.#parts.log.event(level, eventOf(end), {
      connection: id,
      from: addressOf(peer),
      listener,
      client: cut(client?.clientId, MOST_NAME),
      user: cut(client?.username, MOST_NAME),
      reason,
      code: isOrdinary(end) ? undefined : codeOf(end),
      reason_code: reasonCode === null ? undefined : hexByte(reasonCode),
      limit: limit ?? undefined,
      text: endWords(reason, facts),
    });
  }

  /** Returns whether there is a line left; else counts. */
  #spend(what: keyof Unlogged): boolean {
    if (!this.#parts.log.logs(this.#level, "connections")) return false;
    if (this.#budget.take()) return true;
    this.#unlogged ??= { connected: 0, disconnected: 0 };
    this.#unlogged[what]++;
    this.#summary ??= this.#parts.clock.after(
      SUMMARY,
      () => this.#summarise(),
    );
    return false;
  }

  #summarise(): void {
    this.#summary = null;
    const counts = this.#unlogged;
    if (counts === null) return;
    this.#unlogged = null;
    const text = "more than are logged one by one";
    this.#parts.log.event(this.#level, "connections", { ...counts, text });
  }
}

function eventOf({ wasOpen }: ConnectionEnd): string {
  return wasOpen ? "disconnected" : "refused";
}

/** Returns the text that distinguishes an end from others of its client. */
function whyOf({ fault, detail, reason }: ConnectionEnd): string {
  return fault ?? detail ?? reason;
}

/** Returns the most specific code of an end. */
function codeOf({ fault, code, reason }: ConnectionEnd): ErrorCode {
  return fault ?? code ?? reason;
}

/** Returns whether a client left as clients do. */
function isOrdinary({ reason, wasOpen }: ConnectionEnd): boolean {
  return wasOpen && (reason === "client-disconnect" ||
    reason === "client-closed" || reason === "shutdown");
}

/** Address and port as in a URL; peers of a socket file have no port. */
function addressOf({ hostname, port }: Peer): string {
  return port === 0 ? hostname : hostAndPort(hostname, port);
}

/** Undefined for what is not known: it has no field. */
function cut(
  text: string | null | undefined,
  most: number,
): string | undefined {
  if (text === null || text === undefined) return undefined;
  return text.length > most ? `${text.slice(0, most)}…` : text;
}
