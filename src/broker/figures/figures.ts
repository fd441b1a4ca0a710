import type { Clock } from "../../clock/mod.ts";
import { VERSION } from "../../config/mod.ts";
import type { LoginCounts } from "../../security/mod.ts";
import type { Registry } from "../../session/mod.ts";
import type { StoreStatus, Written } from "../../store/mod.ts";
import type {
  AlarmFigures,
  BrokerFigures,
  CertificateFigures,
  ListenerFigures,
  StorageFigures,
} from "../../admin/protocol/mod.ts";
import { Loads } from "./loads.ts";

const NOTHING: Written = { log: 0, cleaning: 0, journal: 0, snapshots: 0 };

/** Parts of a broker that have figures beside sessions and router. */
export interface FigureSources {
  /** The broker's own part of the retained messages. */
  readonly own: Readonly<OwnRetained>;
  /** Figures of the store; null in `memory`, and before it is loaded. */
  readonly store: () => StoreStatus | null;
  readonly listeners: () => readonly ListenerFigures[];
  readonly certificates: () => readonly CertificateFigures[];
  readonly alarms: () => readonly AlarmFigures[];
}

/** Retained messages of the broker itself, under `$SYS/broker/`. */
export interface OwnRetained {
  /** Number of them. */
  messages: number;
  /** Their bytes, by `Message.size`. */
  bytes: number;
}

/** Figures at the end of a round. */
export interface Round {
  /** Time of the reading, ms by `Clock.now`. */
  readonly at: number;
  readonly figures: BrokerFigures;
}

/**
 * Reads all figures of a broker as one value. Nothing else computes them: `$SYS`,
 * status, API and metrics show what `read` returns.
 */
export class Figures {
  readonly #registry: Registry;
  readonly #sources: FigureSources;
  readonly #clock: Clock;
  /** When the broker began, ms by `Clock.now`. */
  readonly startedAt: number;
  readonly #loads = new Loads();
  #updatedAt: number;
  /** The figures of the last two rounds, for rates. */
  #rounds: readonly Round[] = [];
  /** Counts of logins; null without authenticators. */
  logins: (() => Readonly<LoginCounts>) | null = null;
  /** Whether the broker stops. */
  isStopping = false;

  /** Counts the uptime from now. */
  constructor(registry: Registry, sources: FigureSources) {
    this.#registry = registry;
    this.#sources = sources;
    this.#clock = registry.context.clock;
    this.startedAt = this.#updatedAt = this.#clock.now();
  }

  /** Ends a round: updates the load averages; returns the figures of now. */
  update(): BrokerFigures {
    const now = this.#clock.now();
    const seconds = (now - this.#updatedAt) / 1000;
    this.#updatedAt = now;
    const { counters } = this.#registry.context;
    if (seconds > 0) this.#loads.update(counters, seconds);
    const figures = this.read();
    this.#rounds = [...this.#rounds.slice(-1), { at: now, figures }];
    return figures;
  }

  /** When the last round ended, ms by `Clock.now`. */
  get updatedAt(): number {
    return this.#updatedAt;
  }

  /** The last two rounds, oldest first. */
  get rounds(): readonly Round[] {
    return this.#rounds;
  }

  /** Reads the figures as of now: some ten microseconds. */
  read(): BrokerFigures {
    const registry = this.#registry;
    const { counters, router, loading, durability } = registry.context;
    const { listeners, certificates, alarms, own } = this.#sources;
    const open = listeners();
    const { clientsConnected: connected } = counters;
    return {
      time: this.#clock.date(),
      running: !loading && !this.isStopping &&
        open.some(({ isWaiting }) => !isWaiting),
      loading,
      trouble: durability.trouble,
      version: VERSION,
      uptime: Math.floor((this.#clock.now() - this.startedAt) / 1000),
      clients: { connected, maximum: counters.clientsMaximum },
      sessions: {
        count: registry.size,
        away: registry.size - connected,
        expired: counters.clientsExpired,
      },
      subscriptions: {
        count: router.subscriptionCount,
        shared: router.sharedSubscriptionCount,
      },
      messages: {
        received: counters.publishReceived,
        sent: counters.publishSent,
        dropped: counters.droppedMessages,
        retained: router.retained.messages - own.messages,
        ownRetained: own.messages,
        queued: counters.queuedMessages,
      },
      payload: {
        received: counters.publishBytesReceived,
        sent: counters.publishBytesSent,
      },
      packets: {
        received: counters.packetsReceived,
        sent: counters.packetsSent,
      },
      bytes: { received: counters.bytesReceived, sent: counters.bytesSent },
      connections: {
        opened: counters.connectionsOpened,
        accepted: counters.connectsAccepted,
      },
      waiting: {
        queued: counters.queuedBytes,
        outbound: counters.outboundBytes,
      },
      storage: this.#storage(),
      dropped: { ...counters.dropped },
      closed: { ...counters.closed },
      paused: { ...counters.paused },
      errors: {
        internal: counters.internalErrors,
        invariants: counters.brokenInvariants,
        slowTurns: counters.slowTurns,
      },
      logins: this.logins?.() ?? null,
      listeners: open,
      certificates: certificates(),
      alarms: alarms(),
      loads: this.#loads.values,
    };
  }

  #storage(): StorageFigures {
    const status = this.#sources.store();
    if (status !== null) {
      const { mode, health, reason, retainedBytes, queuedBytes } = status;
      const { sessionBytes, storedBytes, unwritten, commits } = status;
      const { commitAge, written, writtenToday } = status;
      const { writeBudget, writePause } = status;
      return {
        ...{ mode, health, reason, retainedBytes, queuedBytes, sessionBytes },
        ...{ storedBytes, unwritten, commits, commitAge, written },
        ...{ writtenToday, writeBudget, writePause },
      };
    }
    const { counters, router } = this.#registry.context;
    const retainedBytes = router.retained.bytes - this.#sources.own.bytes;
    const { queuedBytes } = counters;
    const sessionBytes = router.heap.sessions;
    return {
      ...{ mode: "memory", health: "ok", reason: null },
      ...{ retainedBytes, queuedBytes, sessionBytes },
      storedBytes: retainedBytes + queuedBytes + sessionBytes,
      ...{ unwritten: 0, commits: 0, commitAge: 0 },
      ...{ written: NOTHING, writtenToday: NOTHING },
      ...{ writeBudget: 0, writePause: 0 },
    };
  }
}
