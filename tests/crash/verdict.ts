import type { Account, Kill, Occurrence, Published } from "./account.ts";
import type { CrashClient } from "./client.ts";
import { LONG_FLUSH, type Plan } from "./plan.ts";

/** What can be wrong with a round. */
export type Fault =
  | "lost"
  | "duplicated"
  | "reordered"
  | "retained"
  | "session"
  | "subscription"
  | "other";

/** Something wrong, with its account. */
export interface Finding {
  readonly fault: Fault;
  readonly text: string;
}

/** Ms that `buffered` gets beyond its flush interval, on a busy machine. */
const SLACK = 500;

/** Compares what came with what was acknowledged. */
export class Verdict {
  readonly #account: Account;
  readonly #plan: Plan;
  readonly findings: Finding[] = [];
  /**
   * Messages and sessions lost that were acknowledged so late before a kill
   * that `buffered` may.
   */
  lostInWindow = 0;
  /** QoS 2 messages twice, for the same reason. */
  duplicatedInWindow = 0;
  /** QoS 1 messages that came again, as they may. */
  redelivered = 0;

  constructor(account: Account, plan: Plan) {
    this.#account = account;
    this.#plan = plan;
  }

  /** Ms before a kill in which what was acknowledged may be lost. */
  get window(): number {
    return this.#plan.mode === "buffered"
      ? this.#plan.flushInterval + SLACK
      : -Infinity;
  }

  /** From when on what happened may be undone by `kill`; Infinity: nothing. */
  windowBefore(kill: Kill): number {
    if (kill.kind === "stop") return Infinity;
    const { kills, faults } = this.#account;
    let begun = 0;
    for (const { at } of kills) if (at < kill.at) begun = at;
    let since = kill.at;
    // What came while commits failed is not on disk before they work again.
    for (const { at, until } of faults) {
      if (at < kill.at && until > begun) since = Math.min(since, at);
    }
    since -= this.window;
    for (const { kind, at, until } of kills) {
      // A stop writes everything: no window reaches back behind it.
      if (kind === "stop" && at < kill.at) since = Math.max(since, until);
    }
    return since;
  }

  /** Whether what happened at `time` may be undone by a kill. */
  wasInWindow(time: number): boolean {
    return this.#account.kills.some((kill) =>
      time >= this.windowBefore(kill) && time <= kill.until
    );
  }

  /** Enters something that was seen on the way. */
  add(fault: Fault, text: string): void {
    this.findings.push({ fault, text });
  }

  /** Looks at all that `clients` received, once everything has come to rest. */
  judge(clients: readonly CrashClient[]): void {
    for (const text of this.#account.anomalies) this.add("other", text);
    for (const message of this.#account.messages) {
      if (message.acknowledgedAt === 0 && !message.refused) {
        this.add("other", `${this.#tell(message)}, which it had to be`);
      }
    }
    for (const client of clients) {
      this.#judgeSessions(client);
      this.#judgeLosses(client);
      this.#judgeOrder(client);
      this.#judgeRepeats(client);
      this.#judgeSubscriptions(client);
    }
  }

  /** Whether losses must be seen if the window of `buffered` is a real one. */
  get isRevealing(): boolean {
    return this.#plan.mode === "buffered" &&
      this.#plan.flushInterval === LONG_FLUSH &&
      this.#account.kills.some(({ kind }) => kind !== "stop");
  }

  #judgeSessions(client: CrashClient): void {
    for (const { at, made } of client.lost) {
      if (this.wasInWindow(made)) {
        this.lostInWindow++;
        continue;
      }
      this.add(
        "session",
        `the session of ${client.name}, made at ${this.#time(made)}, was ` +
          `unknown at ${this.#time(at)}; ${this.#kills(at)}`,
      );
    }
  }

  #judgeLosses(client: CrashClient): void {
    const { subscriptions, receiver } = client;
    for (const message of this.#account.messages) {
      if (message.acknowledgedAt === 0 || receiver.received.has(message)) {
        continue;
      }
      if (!subscriptions.mustGet(message)) continue;
      if (this.wasInWindow(message.acknowledgedAt)) this.lostInWindow++;
      else {
        this.add(
          "lost",
          `${this.#tell(message)}; never came to ${this.#who(client)}, ` +
            `subscribed by ${this.#subscriptions(client, message.topic)}; ` +
            this.#kills(message.acknowledgedAt),
        );
      }
    }
  }

  /**
   * First occurrences keep the order of their publisher, topic and QoS. Only
   * those count for which the subscription was sure: a message sent before it,
   * and sent again, comes behind one that was sent once.
   */
  #judgeOrder(client: CrashClient): void {
    const last = new Map<string, Occurrence>();
    for (const occurrence of client.receiver.received.values()) {
      const { publisher, topic, qos, order } = occurrence.message;
      if (!client.subscriptions.mustGet(occurrence.message)) continue;
      const line = `${publisher} ${topic} ${qos}`;
      const before = last.get(line);
      if (before !== undefined && order < before.message.order) {
        this.add(
          "reordered",
          `${this.#tell(occurrence.message)}; came to ${
            this.#who(client)
          } at ` +
            `${this.#time(occurrence.at)}, behind ${before.message.name} ` +
            `(${this.#time(before.at)}), subscribed by ` +
            `${this.#subscriptions(client, topic)}; ${
              this.#kills(occurrence.at)
            }`,
        );
      } else last.set(line, occurrence);
    }
  }

  #judgeRepeats(client: CrashClient): void {
    for (const { first, again } of client.receiver.repeated) {
      // Once at QoS 1 makes it "at least once": a message whose publisher was
      // not answered before a kill is routed again when it is sent again.
      if (first.qos < 2 || again.qos < 2) this.redelivered++;
      else if (
        this.wasInWindow(first.at) || this.wasInWindow(first.completedAt)
      ) this.duplicatedInWindow++;
      else {
        this.add(
          "duplicated",
          `${this.#tell(first.message)}; came to ${this.#who(client)} at QoS ` +
            `${first.qos} at ${this.#time(first.at)} (released: ` +
            `${this.#time(first.completedAt)}) and at QoS ${again.qos} at ` +
            `${this.#time(again.at)}; ${this.#kills(again.at)}`,
        );
      }
    }
  }

  #judgeSubscriptions(client: CrashClient): void {
    for (const occurrence of client.receiver.received.values()) {
      const { message, at } = occurrence;
      if (!client.subscriptions.mayGet(message, at)) {
        this.add(
          "subscription",
          `${this.#tell(message)}; came to ${this.#who(client)} at ` +
            `${this.#time(at)} without a subscription: ` +
            `${this.#subscriptions(client, message.topic)}; ${this.#kills(at)}`,
        );
      }
      if (message.isProbe) this.#judgeProbe(client, occurrence);
    }
  }

  /** Nothing changes while probes go round: QoS and identifiers must be exact. */
  #judgeProbe(client: CrashClient, { message, qos, identifiers }: Occurrence) {
    const open = client.subscriptions.matching(message.topic)
      .filter((one) => one.leftAt === 0);
    const granted = Math.max(...open.map((one) => one.qos));
    const expected = client.version === 5
      ? open.map((one) => one.identifier)
      : [];
    if (
      qos !== Math.min(granted, message.qos) ||
      `${[...identifiers].sort()}` !== `${expected.sort()}`
    ) {
      this.add(
        "subscription",
        `${this.#tell(message)}; came to ${this.#who(client)} at QoS ${qos} ` +
          `with identifiers [${identifiers}]; subscriptions: ` +
          `${this.#subscriptions(client, message.topic)}`,
      );
    }
  }

  #who({ name, version }: CrashClient): string {
    return `${name} (${version === 5 ? "5.0" : "3.1.1"})`;
  }

  #time(time: number): string {
    return this.#account.tell(time);
  }

  #tell(message: Published): string {
    const { name, topic, qos, payload, sentAt, acknowledgedAt } = message;
    return `${name} on ${topic} at QoS ${qos}, ${payload.length} bytes, sent ` +
      `at ${this.#time(sentAt)}, acknowledged ${this.#time(acknowledgedAt)}`;
  }

  #subscriptions(client: CrashClient, topic: string): string {
    return client.subscriptions.matching(topic).map((one) =>
      `${one.filter} (QoS ${one.qos}, granted ${this.#time(one.grantedAt)}` +
      (one.leavingAt > 0 ? `, left from ${this.#time(one.leavingAt)}` : "") +
      (one.leftAt > 0 ? ` to ${this.#time(one.leftAt)})` : ")")
    ).join(", ") || "none";
  }

  /** The ends of the broker; those about `time` are what matters. */
  #kills(time: number): string {
    const tell = ({ kind, at }: Kill) => `${kind} ${this.#time(at)}`;
    const { kills } = this.#account;
    const before = kills.filter(({ at }) => at <= time).slice(-2);
    const after = kills.filter(({ at }) => at > time).slice(0, 2);
    return `ends of the broker before: ${
      before.map(tell).join(", ") || "-"
    }; ` +
      `after: ${after.map(tell).join(", ") || "-"}`;
  }
}
