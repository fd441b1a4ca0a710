/** Counts by reason. */
export type Counts = Readonly<Record<string, number>>;

/** A listener of the broker. */
export interface ListenerFigures {
  readonly name: string;
  readonly type: string;
  readonly bind: string;
  /** 0 for a socket file. */
  readonly port: number;
  readonly isWaiting: boolean;
  readonly connections: number;
}

/** The figures of `GET api/v1/status` that the page shows; sizes in bytes. */
export interface Figures {
  /** ms since 1970. */
  readonly time: number;
  readonly running: boolean;
  readonly loading: boolean;
  readonly version: string;
  /** Seconds. */
  readonly uptime: number;
  readonly clients: { readonly connected: number; readonly maximum: number };
  readonly sessions: { readonly count: number; readonly away: number };
  readonly subscriptions: { readonly count: number };
  readonly messages: {
    readonly received: number;
    readonly sent: number;
    readonly dropped: number;
    readonly retained: number;
    readonly queued: number;
  };
  readonly bytes: { readonly received: number; readonly sent: number };
  readonly storage: {
    readonly mode: string;
    readonly health: string;
    readonly reason: string | null;
    readonly retainedBytes: number;
    readonly queuedBytes: number;
    readonly sessionBytes: number;
    readonly storedBytes: number;
    readonly writtenToday: Readonly<
      Record<"log" | "cleaning" | "journal" | "snapshots", number>
    >;
  };
  readonly dropped: Counts;
  readonly closed: Counts;
  readonly errors: { readonly slowTurns: number };
  readonly listeners: readonly ListenerFigures[];
  readonly certificates: readonly {
    readonly listener: string;
    readonly days: number;
  }[];
  readonly alarms: readonly {
    readonly name: string;
    readonly text: string;
    /** ms since 1970. */
    readonly since: number;
  }[];
  readonly process: {
    readonly cpuSeconds: number | null;
    readonly rss: number;
  };
  readonly rates: {
    readonly perSecond: Readonly<Partial<Record<string, number>>>;
  };
  readonly lag: {
    /** Seconds. */
    readonly longest: number;
  };
}
