/** Counts by reason. */
export type Counts = Readonly<Record<string, number>>;

/** Bytes written to the disk, by kind. */
export interface WrittenFigures {
  /** Changes. */
  readonly log: number;
  /** Live records written again. */
  readonly cleaning: number;
  /** The second copy. */
  readonly journal: number;
  /** Snapshots. */
  readonly snapshots: number;
}

/** Logins since the start. */
export interface LoginFigures {
  /** Logins refused because of what they gave. */
  readonly failed: number;
  /** Logins that had to wait because of one that failed. */
  readonly delayed: number;
  /** Logins refused unseen, after too many that failed. */
  readonly refused: number;
}

/** A listener, for people. */
export interface ListenerFigures {
  /** As in the settings. */
  readonly name: string;
  /** As in the settings. */
  readonly type: string;
  /** The address it listens on, or its socket file. */
  readonly bind: string;
  /** The port it has; 0 for a socket file. */
  readonly port: number;
  /** True while it waits for its address. */
  readonly isWaiting: boolean;
  /** Connections now. */
  readonly connections: number;
}

/** The certificate of a listener that ends first. */
export interface CertificateFigures {
  /** Name of the listener. */
  readonly listener: string;
  /** Whole days left; negative after its end. */
  readonly days: number;
  /** Its end, ms since 1970. */
  readonly notAfter: number;
}

/** A raised alarm. */
export interface AlarmFigures {
  /** Its name under `$SYS/broker/alarm/`. */
  readonly name: string;
  /** The fault, and what to do. */
  readonly text: string;
  /** When it was raised, ms since 1970. */
  readonly since: number;
}

/** Sizes and health of the stored state; sizes in bytes. */
export interface StorageFigures {
  /** As `storage.mode`; in `memory` all sizes are sizes in memory. */
  readonly mode: string;
  /** Whether changes reach the disk: `ok`, `full` or `failing`. */
  readonly health: string;
  /** Why the health is not `ok`; null where it is. */
  readonly reason: string | null;
  /** Retained messages; about. */
  readonly retainedBytes: number;
  /** Messages that wait or are in flight; about. */
  readonly queuedBytes: number;
  /** Sessions and subscriptions; about. */
  readonly sessionBytes: number;
  /** All records, also obsolete ones; in `memory` the sum of the three. */
  readonly storedBytes: number;
  /** Changes that are not on disk yet; about. */
  readonly unwritten: number;
  /** Batches committed since the start. */
  readonly commits: number;
  /** Time since the commit under way began, ms; 0 without one. */
  readonly commitAge: number;
  /** Bytes written since the start, by kind. */
  readonly written: WrittenFigures;
  /** Bytes written since midnight (UTC) or the start, by kind. */
  readonly writtenToday: WrittenFigures;
  /** Bytes that may be written in a day; 0 for no limit. */
  readonly writeBudget: number;
  /** Time that changes wait to keep to it, ms. */
  readonly writePause: number;
}

/**
 * All figures of a broker at one time. Totals count from the start, sizes are in
 * bytes. `$SYS`, the status command, the API and `/metrics` show these.
 */
export interface BrokerFigures {
  /** Time of the reading, ms since 1970. */
  readonly time: number;
  /** Whether a listener is open and clients are served. */
  readonly running: boolean;
  /** Whether the state of the former run is being restored. */
  readonly loading: boolean;
  /** The fault of the disk, for people; null while it works. */
  readonly trouble: string | null;
  /** Version of the program. */
  readonly version: string;
  /** Whole seconds since the start. */
  readonly uptime: number;
  /** Clients that are connected, and the most at one time. */
  readonly clients: { readonly connected: number; readonly maximum: number };
  /** Sessions: all, those without a client, and how many expired. */
  readonly sessions: {
    readonly count: number;
    readonly away: number;
    readonly expired: number;
  };
  /** Subscriptions of all sessions, and the shared ones of these. */
  readonly subscriptions: { readonly count: number; readonly shared: number };
  /**
   * PUBLISH packets from and to clients, repeated ones too; retained and waiting
   * messages now. `ownRetained` are the broker's under `$SYS`, not in `retained`.
   */
  readonly messages: {
    readonly received: number;
    readonly sent: number;
    readonly dropped: number;
    readonly retained: number;
    readonly ownRetained: number;
    readonly queued: number;
  };
  /** Bytes of their payloads. */
  readonly payload: { readonly received: number; readonly sent: number };
  /** MQTT packets of all types. */
  readonly packets: { readonly received: number; readonly sent: number };
  /** Bytes from and to sockets, as MQTT: without TLS and WebSocket. */
  readonly bytes: { readonly received: number; readonly sent: number };
  /** Connections opened, and CONNECTs accepted. */
  readonly connections: { readonly opened: number; readonly accepted: number };
  /** Bytes of messages in memory that wait, for sessions and for sockets. */
  readonly waiting: { readonly queued: number; readonly outbound: number };
  /** Sizes and health of the stored state. */
  readonly storage: StorageFigures;
  /** Dropped messages by reason. */
  readonly dropped: Counts;
  /** Ended connections by reason. */
  readonly closed: Counts;
  /** Pauses in reading by reason. */
  readonly paused: Counts;
  /** Mistakes of the broker itself, and turns in which all clients waited. */
  readonly errors: {
    readonly internal: number;
    readonly invariants: number;
    readonly slowTurns: number;
  };
  /** Logins; null without authenticators. */
  readonly logins: LoginFigures | null;
  /** Listeners that are open, in the order of the settings. */
  readonly listeners: readonly ListenerFigures[];
  /** Certificates in use, by listener. */
  readonly certificates: readonly CertificateFigures[];
  /** Alarms that are raised. */
  readonly alarms: readonly AlarmFigures[];
  /** Averages a minute over 1, 5 and 15 minutes, by their names under `$SYS`. */
  readonly loads: Readonly<Record<string, readonly number[]>>;
}

/** Durations that were counted, in seconds. */
export interface HistogramFigures {
  /** Upper bounds of the buckets, in seconds; one more bucket has no bound. */
  readonly bounds: readonly number[];
  /** Durations in each bucket alone, one number more than bounds. */
  readonly counts: readonly number[];
  /** All durations. */
  readonly count: number;
  /** Their sum in seconds. */
  readonly sum: number;
}

/** Memory and CPU of the process, with its worker threads. Sizes in bytes. */
export interface ProcessFigures {
  /** Process id. */
  readonly pid: number;
  /** CPU seconds since its start, to 10 ms; null where no system tells. */
  readonly cpuSeconds: number | null;
  /** Memory that the system has given it (resident set). */
  readonly rss: number;
  /** V8's heap of the main thread. */
  readonly heapTotal: number;
  /** The part of the heap that is in use. */
  readonly heapUsed: number;
  /** Buffers outside of the heap. */
  readonly external: number;
  /** Heap in use and buffers together. */
  readonly allocated: number;
  /** The most of it that a reading found. */
  readonly allocatedMaximum: number;
}

/** Points of a history, the oldest first. */
export interface HistoryFigures {
  /** Names of the values of a point. */
  readonly columns: readonly string[];
  /** Times of the points, ms since 1970. */
  readonly at: readonly number[];
  /** The values of each point, in the order of `columns`. */
  readonly points: readonly (readonly number[])[];
}

/** Changes a second of the figures of the history, since `seconds` ago. */
export interface RateFigures {
  /** The span that they average, in seconds. */
  readonly seconds: number;
  /** By column; below 0 where a figure falls. */
  readonly perSecond: Counts;
}

/** Lateness of a timer of the event loop, in seconds. */
export interface LagFigures {
  /** At the last look. */
  readonly last: number;
  /** The longest of the last ten looks, one a second. */
  readonly longest: number;
}

/** All figures of a broker whose history is kept, for status and metrics. */
export interface StatusFigures extends BrokerFigures {
  /** Memory and CPU. */
  readonly process: ProcessFigures;
  /** Changes a second. */
  readonly rates: RateFigures;
  /** Lateness of the event loop. */
  readonly lag: LagFigures;
  /** Since when the histograms count, ms since 1970. */
  readonly measuredSince: number;
  /** Turns of the event loop, from the first pass to the last write. */
  readonly turns: HistogramFigures;
  /** Messages, from the pass that takes them to the write that carries them. */
  readonly deliveries: HistogramFigures;
  /** Commits of the store. */
  readonly commits: HistogramFigures;
}

/** The figures of the broker, sent to the worker once a second. */
export type Figures = StatusFigures;
