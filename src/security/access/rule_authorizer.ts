import { type QoS, type Topic, topicMatches } from "../../mqtt/mod.ts";
import type { Identity } from "../authenticator.ts";
import type { AccessQuestion, Authorizer, Explanation } from "../authorizer.ts";
import {
  ALL_CELLS,
  ALL_RIGHTS,
  highestQos,
  makeRights,
  type Rights,
} from "../rights.ts";
import type { CompiledRule } from "./compiled_rule.ts";
import { explainAccess } from "./explain.ts";
import type { RemoteAccess } from "./remote_access.ts";
import { RuleSet, type RuleSource } from "./rule_set.ts";

/** Parts of an authorizer. */
export interface RuleAuthorizerParts extends RuleSource {
  /** True if an undecided question is denied even without rules. */
  readonly deniesByDefault: boolean;
  /** Decides what no rule decides; null for no access server. */
  readonly remote: RemoteAccess | null;
}

/** Counted up whenever rules are made, so that no two have the same. */
let generations = 0;

/**
 * Decides by rules, then by what the client's own token grants, then by
 * an access server. An undecided question is denied as soon as there is a rule
 * or a grant.
 */
export class RuleAuthorizer implements Authorizer {
  #rules: RuleSet;
  #isOpen: boolean;
  #remote: RemoteAccess | null;
  #generation = ++generations;

  /** @throws {RangeError} for a network that is none. */
  constructor(parts: RuleAuthorizerParts) {
    this.#rules = new RuleSet(parts);
    this.#isOpen = isOpen(parts);
    this.#remote = parts.remote;
  }

  /** Changes with the rules. */
  get generation(): number {
    return this.#generation;
  }

  /** From now on other rules hold; throws as the constructor, and then not. */
  replace(parts: RuleAuthorizerParts): void {
    this.#rules = new RuleSet(parts);
    this.#isOpen = isOpen(parts);
    this.#remote = parts.remote;
    this.#generation = ++generations;
  }

  /** Returns what `identity` may do with `topic`. */
  rights(identity: Identity, topic: Topic): Rights {
    const grants = identity.grants ?? null;
    if (this.#isOpen && grants === null) return ALL_RIGHTS;
    const rules = this.#rules;
    const { text } = topic;
    const said = rules.judge(text, rules.clientOf(identity));
    let publish = said.publish.allowed;
    let receive = said.receive.allowed;
    if (grants !== null) {
      if (hasMatch(grants.publish, text)) publish |= said.publish.undecided;
      if (hasMatch(grants.subscribe, text)) receive |= said.receive.undecided;
      return makeRights(publish, 0, receive);
    }
    if (this.#remote === null) return makeRights(publish, 0, receive);
    // The access server decided about the subscription: that covers receiving.
    return makeRights(
      publish,
      said.publish.undecided,
      receive | said.receive.undecided,
    );
  }

  /**
   * Returns the highest QoS for a subscription, -1 for none, null for "ask".
   */
  maySubscribe(identity: Identity, filter: string, qos: QoS): QoS | -1 | null {
    const grants = identity.grants ?? null;
    if (this.#isOpen && grants === null) return qos;
    const rules = this.#rules;
    const asksNobody = this.#remote === null || grants !== null;
    const { some, all, denied } = rules.judgeFilter(
      filter.split("/"),
      rules.clientOf(identity),
      grants?.subscribe ?? [],
      (some, all) => qosOf(asksNobody ? some : all, qos) === qos,
    );
    if (asksNobody) return qosOf(some, qos);
    // It is asked about all that no rule allows: a part of the filter does
    // not speak for the rest.
    const granted = qosOf(all, qos);
    if (granted >= 0) return granted;
    return denied === ALL_CELLS && some === 0 ? -1 : null;
  }

  /** Returns the answer of the access server; false without one. */
  ask(
    identity: Identity,
    question: AccessQuestion,
  ): boolean | Promise<boolean> {
    return this.#remote?.ask(identity, question) ?? false;
  }

  /** Returns the rules in order, and which of them decides. */
  explain(identity: Identity, question: AccessQuestion): Explanation {
    return this.#explain(identity, question, this.#rules.rules);
  }

  /** The reason alone: only rules are looked at that could fit. */
  reason(identity: Identity, question: AccessQuestion): string {
    const rules = this.#rules;
    const topic = question.action === "subscribe" ? null : question.topic;
    const considered = rules.about(topic, rules.clientOf(identity));
    const { allowed, reason } = this.#explain(identity, question, considered);
    if (allowed !== null) return reason;
    return this.#remote?.denial(identity, question) ?? reason;
  }

  #explain(
    identity: Identity,
    question: AccessQuestion,
    considered: readonly CompiledRule[],
  ): Explanation {
    return explainAccess({
      rules: this.#rules,
      considered,
      identity,
      question,
      isOpen: this.#isOpen,
      remote: this.#remote?.name ?? null,
      answer: question.action === "subscribe"
        ? this.maySubscribe(identity, question.topic, question.qos)
        : null,
    });
  }
}

function isOpen(parts: RuleAuthorizerParts): boolean {
  return !parts.deniesByDefault && parts.remote === null &&
    parts.rules.length === 0;
}

function hasMatch(filters: readonly string[], topic: string): boolean {
  return filters.some((filter) => topicMatches(filter, topic));
}

/** A subscription gets messages with RETAIN and without: either will do. */
function qosOf(cells: number, qos: QoS): QoS | -1 {
  return highestQos((cells | cells >> 3) & 7, qos);
}
