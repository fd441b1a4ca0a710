import type { Visit } from "./imported_configs.ts";

/** Numbers from a seed, the same on every machine. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 to below `sides`. */
  roll(sides: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % sides;
  }

  /** One of them. */
  one<T>(of: readonly T[]): T {
    return of[this.roll(of.length)];
  }
}

/** A configuration that was drawn. */
export interface AuditPlan {
  /** With `@DIR@`, `@PORT0@` and `@PORT1@`. */
  readonly conf: string;
  /** Access control lists by file name. */
  readonly files: Readonly<Record<string, string>>;
  readonly speaks: Readonly<Record<number, "mqtts">>;
  readonly questions: readonly Question[];
}

/** Whether `from` may publish, and `to` receive, a topic. */
export interface Question {
  readonly from: Visit;
  readonly to: Visit;
  readonly topic: string;
  readonly filter: string;
}

const TOPICS = [
  ...["a", "a/b", "own/alice/x", "own/bob/x", "own/c1/x", "priv-alice/x"],
  ...["priv-bob/y", "alice/c1", "$other/x", "north/a"],
];

const FILTERS = [
  ...["#", "a/#", "+/b", "own/+/x", "$other/#", "north/#", "priv-alice/#"],
  ...["a", "own/alice/#"],
];

const PATTERNS = [
  ...["own/%u/#", "own/%c/+", "priv-%u/#", "%u/%c", "#", "a/#", "+/%u/x"],
];

const CERTIFICATES = ["alice", "carol", "revoked"] as const;

/** Draws a configuration, and `count` questions about it. */
export function planAudit(seed: number, count: number): AuditPlan {
  const dice = new Dice(seed);
  const isPer = dice.roll(2) === 0;
  const files: Record<string, string> = {};
  const speaks: Record<number, "mqtts"> = {};
  const lines = [`per_listener_settings ${isPer}`];
  if (!isPer) lines.push(...accessOf(dice, "all", files));
  if (dice.roll(8) === 0) {
    lines.push(`clientid_prefixes ${dice.one(["c", "x"])}`);
  }
  const listeners = 1 + dice.roll(2);
  for (let index = 0; index < listeners; index++) {
    lines.push(`listener @PORT${index}@ 127.0.0.1`);
    if (dice.roll(3) === 0) {
      speaks[index] = "mqtts";
      lines.push(...tlsOf(dice));
    }
    if (dice.roll(5) === 0) lines.push("mount_point north/");
    if (dice.roll(6) === 0) lines.push("use_username_as_clientid true");
    if (isPer) lines.push(...accessOf(dice, `${index}`, files));
  }
  const questions = Array.from(
    { length: count },
    () => questionOf(dice, listeners),
  );
  return { conf: lines.join("\n") + "\n", files, speaks, questions };
}

/** Lines about who may enter and do what. */
function accessOf(
  dice: Dice,
  name: string,
  files: Record<string, string>,
): string[] {
  const lines: string[] = [];
  if (dice.roll(6) > 0) {
    lines.push(
      `allow_anonymous ${dice.one(["true", "true", "true", "false"])}`,
    );
  }
  if (dice.roll(3) > 0) lines.push("password_file @DIR@/passwd");
  if (dice.roll(6) === 0) lines.push("allow_zero_length_clientid false");
  if (dice.roll(3) === 0) return lines;
  lines.push(`acl_file @DIR@/acl-${name}`);
  const kind = dice.roll(10);
  // One that is not there keeps Mosquitto from starting.
  if (kind === 0) return lines;
  files[`acl-${name}`] = kind === 1
    ? ""
    : kind === 2
    ? "# Nothing yet.\n\n"
    : aclOf(dice);
  return lines;
}

function aclOf(dice: Dice): string {
  const lines: string[] = [];
  const access = () => dice.one(["read ", "write ", "deny ", "", "", ""]);
  const topics = (count: number) => {
    for (let i = 0; i < count; i++) {
      const topic = dice.one([...FILTERS, ...TOPICS]);
      lines.push(`topic ${access()}${topic}`);
    }
  };
  // Where little is allowed, little can be wrong.
  if (dice.roll(3) === 0) lines.push("pattern #");
  topics(dice.roll(3));
  for (const user of ["alice", "bob"]) {
    if (dice.roll(3) === 0) continue;
    lines.push(`user ${user}`);
    if (dice.roll(2) === 0) lines.push("topic #");
    topics(dice.roll(4));
  }
  for (let i = dice.roll(4); i > 0; i--) {
    lines.push(`pattern ${access()}${dice.one(PATTERNS)}`);
  }
  return lines.join("\n") + "\n";
}

function tlsOf(dice: Dice): string[] {
  const lines = ["certfile @DIR@/server.crt", "keyfile @DIR@/server.key"];
  lines.push(
    ...dice.one([
      ["cafile @DIR@/ca.crt"],
      ["cafile @DIR@/both.crt"],
      ["capath @DIR@/hashed"],
      ["capath @DIR@/unhashed"],
      ["cafile @DIR@/ca.crt", "capath @DIR@/hashed"],
    ]),
  );
  if (dice.roll(4) === 0) return lines;
  lines.push("require_certificate true");
  const source = dice.roll(4);
  if (source === 0) lines.push("use_identity_as_username true");
  if (source === 1) lines.push("use_subject_as_username true");
  const crl = dice.roll(4);
  if (crl < 3) {
    lines.push(`crlfile @DIR@/${["ca.crl", "old.crl", "both.crl"][crl]}`);
  }
  return lines;
}

function questionOf(dice: Dice, listeners: number): Question {
  const from = visitOf(dice, listeners);
  const topic = dice.one(TOPICS);
  return {
    from,
    // Half of the clients talk to themselves: all that is needed is in one.
    to: dice.roll(2) === 0 ? from : visitOf(dice, listeners),
    topic,
    filter: dice.one([topic, topic, "#", dice.one(FILTERS)]),
  };
}

function visitOf(dice: Dice, listeners: number): Visit {
  const as = dice.one([undefined, "alice", "alice", "bob", "eve"]);
  const id = dice.one([undefined, undefined, "c1", "x/y", "a+b", ""]);
  const cert = dice.one([undefined, "alice", ...CERTIFICATES]);
  return {
    at: dice.roll(listeners),
    ...as !== undefined && { as },
    ...as !== undefined && dice.roll(8) === 0 && { password: "wrong" },
    ...id !== undefined && { id },
    ...cert !== undefined && { cert },
  };
}
