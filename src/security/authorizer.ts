import type { QoS, Topic } from "../mqtt/mod.ts";
import type { Identity } from "./authenticator.ts";
import type { Rights } from "./rights.ts";

/** Action of a client on a topic, or on the topics of a filter. */
export interface AccessQuestion {
  /** `receive` is what happens to a message behind a subscription. */
  readonly action: "publish" | "subscribe" | "receive";
  /** A topic name; for `subscribe` a filter without any `$share/group/`. */
  readonly topic: string;
  /** The QoS it is to happen with, 0 to 2. */
  readonly qos: QoS;
  /** True if the message is to be retained; `subscribe` asks about both. */
  readonly retain: boolean;
}

/** One rule that was looked at. */
export interface ExplainedRule {
  /** Its place, as `dunlin.toml:12`; "" if unknown. */
  readonly place: string;
  /** The rule in one line. */
  readonly text: string;
  /** Its outcome, as a phrase: "decides", or why it does not fit. */
  readonly outcome: string;
  /** True for the rule that decided. */
  readonly decides: boolean;
}

/** An answer, and the rules that lead to it. */
export interface Explanation {
  /** True if the action is allowed; null when an access server decides. */
  readonly allowed: boolean | null;
  /** The rules in the order they were looked at. */
  readonly rules: readonly ExplainedRule[];
  /** The answer in one sentence, with file and line of what decided. */
  readonly reason: string;
}

/**
 * Decides what a client may do. Asked on the hot path: must not wait. Its
 * answers hold until `generation` changes.
 */
export interface Authorizer {
  /** Another number whenever an answer may have changed; unique in a process. */
  readonly generation: number;
  /**
   * Returns what `identity` may do with `topic`, by QoS and RETAIN: see
   * `rights.ts`. Call `ask` for the cells that they leave open.
   */
  rights(identity: Identity, topic: Topic): Rights;
  /**
   * Returns the highest QoS up to `qos` at which `identity` may subscribe to
   * `filter` (without any `$share/group/`); -1 when it may not at all, null
   * when that is open and has to be asked for.
   */
  maySubscribe(identity: Identity, filter: string, qos: QoS): QoS | -1 | null;
  /**
   * Settles what was open. At once where that is known, else when it is; must
   * not fail.
   */
  ask(
    identity: Identity,
    question: AccessQuestion,
  ): boolean | Promise<boolean>;
  /** Returns the reason of `explain` alone, fast enough for every refusal. */
  reason(identity: Identity, question: AccessQuestion): string;
  /** Returns the answer, and how it comes about; as slow as it likes. */
  explain(identity: Identity, question: AccessQuestion): Explanation;
}
