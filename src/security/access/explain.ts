import { type QoS, topicMatches } from "../../mqtt/mod.ts";
import type { Identity } from "../authenticator.ts";
import type {
  AccessQuestion,
  ExplainedRule,
  Explanation,
} from "../authorizer.ts";
import { cellOf } from "../rights.ts";
import type { CompiledRule } from "./compiled_rule.ts";
import { covers, fillRule, meet } from "./filter_levels.ts";
import { describeRule } from "./rule_text.ts";
import type { RuleSet } from "./rule_set.ts";
import type { Client } from "./subject_check.ts";

/** A question, and what it is to be explained with. */
export interface ExplainCase {
  readonly rules: RuleSet;
  /** Rules to look at, in their order: at least all that could fit. */
  readonly considered: readonly CompiledRule[];
  readonly identity: Identity;
  readonly question: AccessQuestion;
  /** True if everything is allowed because there are no rules at all. */
  readonly isOpen: boolean;
  /** Name of the access server; null without one. */
  readonly remote: string | null;
  /** Of a subscription: what the rules come to; null for "ask". */
  readonly answer: QoS | -1 | null;
}

/** Result of one rule. */
interface Look {
  /** As a phrase. */
  readonly outcome: string;
  /** True if the rule fits the question. */
  readonly fits: boolean;
}

/**
 * Returns how a question comes to its answer: rule by rule, as slow as it
 * likes.
 */
export function explainAccess(explained: ExplainCase): Explanation {
  const { identity, question, isOpen, remote, answer } = explained;
  const grants = identity.grants ?? null;
  if (isOpen && grants === null) {
    return { allowed: true, rules: [], reason: "there are no access rules" };
  }
  const { looked, decider } = walk(explained);
  const isFilter = question.action === "subscribe";
  // The access server decides about a filter that rules allow in part.
  if (decider !== null && !(isFilter && answer === null)) {
    const isAllowed = decider.allows;
    const isLess = isFilter && isAllowed && answer !== question.qos;
    return {
      allowed: isAllowed,
      rules: looked,
      reason: `${isAllowed ? "allowed" : "denied"} by ${placeOf(decider)}` +
        (isLess ? `, at QoS ${answer}` : ""),
    };
  }
  const isGrant = grants !== null &&
    (isFilter ? answer !== -1 : isGranted(grants, question));
  if (isGrant) {
    return {
      allowed: true,
      rules: looked,
      reason: `allowed by the client's ${grants.place}`,
    };
  }
  if (remote !== null && grants === null) {
    return question.action === "receive"
      ? {
        allowed: true,
        rules: looked,
        reason: `no rule decides; ${remote} was asked when it subscribed`,
      }
      : { allowed: null, rules: looked, reason: `${remote} decides` };
  }
  return {
    allowed: false,
    rules: looked,
    reason: "no rule allows it, and what no rule allows is denied",
  };
}

/** Looks at rules in their order until one decides. */
function walk(
  { rules, considered, identity, question }: ExplainCase,
): { looked: ExplainedRule[]; decider: CompiledRule | null } {
  const { order } = rules;
  const client = rules.clientOf(identity);
  const looked: ExplainedRule[] = [];
  const denials: CompiledRule[] = [];
  let allowing: { rule: CompiledRule; index: number } | null = null;
  const others = order === "deny-wins" ? considered.filter(denies) : denials;
  for (const rule of considered) {
    const { outcome, fits } = look(rule, client, question, others);
    const decides = fits && (order === "first-match" || !rule.allows);
    const place = rule.rule.place;
    looked.push({
      place,
      text: describeRule(rule.rule),
      outcome: decides ? "decides" : outcome,
      decides,
    });
    if (decides) return { looked, decider: rule };
    if (fits) allowing ??= { rule, index: looked.length - 1 };
    if (!rule.allows) denials.push(rule);
  }
  if (allowing === null) return { looked, decider: null };
  const { rule, index } = allowing;
  looked[index] = { ...looked[index], outcome: "decides", decides: true };
  return { looked, decider: rule };
}

function look(
  rule: CompiledRule,
  client: Client,
  question: AccessQuestion,
  denials: readonly CompiledRule[],
): Look {
  const no = (outcome: string): Look => ({ outcome, fits: false });
  const misfit = rule.subject.misfit(client);
  if (misfit !== null) return no(`applies to ${misfit}`);
  const { action, qos, retain } = question;
  const isPublish = action === "publish";
  const cells = isPublish ? rule.publishCells : rule.receiveCells;
  if (cells === 0) {
    return no(`applies to ${isPublish ? "subscribing" : "publishing"}`);
  }
  if (action === "subscribe") {
    return lookAtFilter(rule, client, question, denials);
  }
  const isMet = rule.filters.some((levels) => {
    const filled = fillRule(levels, client.identity);
    return filled !== null && topicMatches(filled.join("/"), question.topic);
  });
  if (!isMet) return no("applies to other topics");
  if ((cells & cellOf(qos, retain)) === 0) {
    return no(
      (cells & (cellOf(qos, true) | cellOf(qos, false))) === 0
        ? "applies to another QoS"
        : "applies to another RETAIN",
    );
  }
  return { outcome: "allows, unless a later rule denies", fits: true };
}

/** For a subscription, which may be allowed in part. */
function lookAtFilter(
  rule: CompiledRule,
  client: Client,
  { topic, qos }: AccessQuestion,
  denials: readonly CompiledRule[],
): Look {
  const filter = topic.split("/");
  const wanted = upTo(qos) & rule.receiveCells;
  const parts = partsOf(rule, client, filter);
  if (parts.length === 0) {
    return { outcome: "applies to other topics", fits: false };
  }
  if (wanted === 0) return { outcome: "applies to another QoS", fits: false };
  if (!rule.allows) {
    const isWhole = parts.some(({ levels }) => covers(levels, filter)) &&
      wanted === upTo(qos);
    return isWhole
      ? { outcome: "denies all of it", fits: true }
      : { outcome: "denies a part of it", fits: false };
  }
  const isLeft = parts.some(({ part }) => {
    let left = wanted;
    for (const denial of denials) {
      if (denial.subject.misfit(client) !== null) continue;
      const whole = partsOf(denial, client, part)
        .some(({ levels }) => covers(levels, part));
      if (whole) left &= ~denial.receiveCells;
    }
    return left !== 0;
  });
  return isLeft
    ? { outcome: "allows a part of it at least", fits: true }
    : { outcome: "allows only what other rules deny", fits: false };
}

/** Returns what the filters of a rule have in common with `filter`. */
function partsOf(
  rule: CompiledRule,
  client: Client,
  filter: readonly string[],
): { levels: readonly string[]; part: readonly string[] }[] {
  return rule.filters.flatMap((one) => {
    const levels = fillRule(one, client.identity);
    const part = levels === null ? null : meet(levels, filter);
    return levels === null || part === null ? [] : [{ levels, part }];
  });
}

/** Returns the cells up to `qos`, with RETAIN and without. */
function upTo(qos: QoS): number {
  return ((2 << qos) - 1) * 0b1001;
}

/** For a topic name: whether a grant matches it. */
function isGranted(
  grants: NonNullable<Identity["grants"]>,
  { action, topic }: AccessQuestion,
): boolean {
  const filters = action === "publish" ? grants.publish : grants.subscribe;
  return filters.some((one) => topicMatches(one, topic));
}

function denies(rule: CompiledRule): boolean {
  return !rule.allows;
}

function placeOf({ rule }: CompiledRule): string {
  return rule.place === "" ? describeRule(rule) : rule.place;
}
