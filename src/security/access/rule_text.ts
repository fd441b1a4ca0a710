import type { AccessRule, RuleSubject } from "./rule.ts";

/** Names shown of a list; a rule may have thousands. */
const SHOWN = 4;

/** The words for what a rule says of clients. */
const SUBJECT_WORDS: readonly [keyof RuleSubject, string][] = [
  ["users", "user"],
  ["groups", "group"],
  ["clientIds", "client_id"],
  ["networks", "network"],
  ["listeners", "listener"],
  ["commonNames", "certificate_cn"],
  ["alternativeNames", "certificate_san"],
  ["issuers", "certificate_issuer"],
  ["fingerprints", "certificate_fingerprint"],
];

/** Returns a rule in one line, like `allow publish a/# to user ann`. */
export function describeRule(rule: AccessRule): string {
  const { permission, action, topics, qos, retain, subject } = rule;
  const words: string[] = [permission, action, shorten(topics)];
  if (qos.length < 3) words.push(`qos ${qos.join(",")}`);
  if (retain !== "any") words.push(`retain ${retain}`);
  const who: string[] = subject.anonymous ? ["anonymous clients"] : [];
  for (const [key, word] of SUBJECT_WORDS) {
    const names = subject[key] as readonly string[];
    if (names.length > 0) who.push(`${word} ${shorten(names)}`);
  }
  if (who.length > 0) words.push("to", who.join(" and "));
  return words.join(" ");
}

function shorten(names: readonly string[]): string {
  const rest = names.length - SHOWN;
  return names.slice(0, SHOWN).join(", ") + (rest > 0 ? ` (${rest} more)` : "");
}
