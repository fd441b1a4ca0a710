/** Who connects where. */
export interface Visit {
  /** Number of the port in the file; "socket" for the socket's file. */
  readonly at: number | "socket";
  /** User name; its password is the one of the password file. */
  readonly as?: string;
  /** Another password than that. */
  readonly password?: string;
  /** Whether it shows alice's certificate, or whose it shows. */
  readonly cert?: true | string;
  /** Client id; a random one without. */
  readonly id?: string;
}

/** One client tries to come in, or two try to talk. */
export type Attempt =
  | { readonly visit: Visit; readonly comesIn: boolean }
  | {
    readonly from: Visit;
    readonly publishes: string;
    readonly to: Visit;
    readonly subscribes: string;
    /** The topic of what arrives; null when nothing does. */
    readonly hears: string | null;
  };

/** A configuration, and what clients find where it is in force. */
export interface ImportedCase {
  /** Its file in `configs/`, without `.conf`. */
  readonly name: string;
  /** Listeners that speak TLS or WebSocket, by their number. */
  readonly speaks?: Readonly<Record<number, "mqtts" | "ws">>;
  /** Options that have no counterpart. */
  readonly lost: readonly string[];
  readonly attempts: readonly Attempt[];
}

/** One client hears itself. */
function heard(visit: Visit, topic: string): Attempt {
  return {
    from: visit,
    publishes: topic,
    to: visit,
    subscribes: topic,
    hears: topic,
  };
}

/** One client does not hear itself. */
function unheard(visit: Visit, topic: string): Attempt {
  return { ...heard(visit, topic), hears: null } as Attempt;
}

const anybody = { at: 0 };
const alice = { at: 0, as: "alice" };
const bob = { at: 0, as: "bob" };

/** Realistic ones, each with what its author wanted. */
export const importedCases: readonly ImportedCase[] = [
  {
    name: "local",
    lost: ["pid_file"],
    attempts: [heard(anybody, "a"), heard({ at: 0, as: "who" }, "a")],
  },
  {
    name: "debian",
    lost: ["pid_file", "log_dest"],
    attempts: [
      { visit: anybody, comesIn: false },
      { visit: { ...alice, password: "wrong" }, comesIn: false },
      { visit: { at: 0, as: "eve" }, comesIn: false },
      heard(alice, "a/b"),
    ],
  },
  {
    name: "home",
    speaks: { 1: "ws" },
    lost: ["http_dir", "log_timestamp_format"],
    attempts: [
      heard(anybody, "a"),
      heard({ at: 1 }, "a"),
      {
        from: { at: 1, as: "any" },
        publishes: "x",
        to: anybody,
        subscribes: "#",
        hears: "x",
      },
    ],
  },
  {
    name: "passwords",
    lost: ["auto_id_prefix"],
    attempts: [
      { visit: anybody, comesIn: false },
      { visit: { ...bob, password: "" }, comesIn: false },
      heard(bob, "a"),
    ],
  },
  {
    name: "rules",
    lost: [],
    attempts: [
      { visit: { at: 0, as: "eve" }, comesIn: false },
      heard(alice, "house/door"),
      unheard(alice, "house/safe"),
      unheard(bob, "house/door"),
      heard(bob, "own/bob/x"),
      unheard(bob, "own/alice/x"),
      unheard(anybody, "weather/today"),
      unheard(alice, "weather/today"),
      {
        from: alice,
        publishes: "own/alice/x",
        to: anybody,
        subscribes: "#",
        hears: null,
      },
    ],
  },
  {
    name: "tls",
    speaks: { 1: "mqtts" },
    lost: ["ciphers"],
    attempts: [heard(anybody, "a"), {
      from: { at: 1 },
      publishes: "b",
      to: anybody,
      subscribes: "b",
      hears: "b",
    }],
  },
  {
    name: "certificates",
    speaks: { 0: "mqtts" },
    lost: [],
    attempts: [
      { visit: anybody, comesIn: false },
      heard({ at: 0, cert: true }, "house/door"),
      unheard({ at: 0, cert: true }, "house/safe"),
      unheard({ at: 0, cert: true }, "yard"),
      { visit: { at: 1 }, comesIn: false },
      heard({ at: 1, as: "bob" }, "yard"),
    ],
  },
  {
    name: "each_its_own",
    lost: [],
    attempts: [
      { visit: anybody, comesIn: true },
      { visit: { at: 1 }, comesIn: false },
      heard(alice, "house/door"),
      unheard(bob, "work/plan"),
      heard({ at: 1, as: "bob" }, "work/plan"),
      unheard({ at: 1, as: "bob" }, "work/secret/plan"),
      unheard({ at: 1, as: "alice" }, "house/door"),
    ],
  },
  {
    name: "sites",
    lost: [],
    attempts: [
      heard(anybody, "a/b"),
      {
        from: { at: 0 },
        publishes: "a",
        to: { at: 1 },
        subscribes: "#",
        hears: null,
      },
      {
        from: { at: 0 },
        publishes: "a",
        to: { at: 2 },
        subscribes: "north/+",
        hears: "north/a",
      },
      {
        from: { at: 2 },
        publishes: "south/b/c",
        to: { at: 1 },
        subscribes: "b/#",
        hears: "b/c",
      },
    ],
  },
  {
    name: "bounds",
    lost: ["message_size_limit"],
    attempts: [heard(anybody, "a")],
  },
  { name: "socket", lost: [], attempts: [heard({ at: "socket" }, "a")] },
  { name: "bridge", lost: ["connection"], attempts: [heard(anybody, "a")] },
  {
    name: "old",
    lost: ["log_dest", "log_facility"],
    attempts: [heard(anybody, "a")],
  },
  { name: "kept", lost: [], attempts: [heard(anybody, "a")] },
];
