import type { QoS } from "../../src/mqtt/mod.ts";
import {
  type AccessRule,
  EVERYBODY,
  readMosquittoRules,
  RuleAuthorizer,
  type RuleAuthorizerParts,
  type RuleSubject,
} from "../../src/security/access/mod.ts";
import type { Authorizer } from "../../src/security/mod.ts";
import { ALL_CELLS, makeRights } from "../../src/security/mod.ts";

/** Two rules in the words of a test; what is left out is allowed. */
export interface TestRules {
  /** Whether `topic` may be published to. */
  readonly publish?: (topic: string) => boolean;
  /** Whether `filter` may be subscribed to. */
  readonly subscribe?: (filter: string) => boolean;
  /** Whether messages of `topic` may be received. */
  readonly receive?: (topic: string) => boolean;
}

const everything = () => true;

/** An authorizer without a rule engine: it calls the functions of `rules`. */
export function testRules(rules: TestRules): Authorizer {
  const {
    publish = everything,
    subscribe = everything,
    receive = everything,
  } = rules;
  return {
    generation: 1,
    rights: (_, { text }) =>
      makeRights(
        publish(text) ? ALL_CELLS : 0,
        0,
        receive(text) ? ALL_CELLS : 0,
      ),
    maySubscribe: (_, filter, qos): QoS | -1 => subscribe(filter) ? qos : -1,
    ask: () => false,
    reason: () => "by the test",
    explain: () => ({ allowed: null, rules: [], reason: "by the test" }),
  };
}

/** Rules as Mosquitto writes them, in a file that is called `acl`. */
export function mosquittoRules(text: string): RuleAuthorizer {
  return new RuleAuthorizer({
    ...partsOf([]),
    rules: readMosquittoRules(text, "acl"),
  });
}

/** One rule in the words of a test; what is left out is everything. */
export type ShortRule =
  & Partial<Omit<AccessRule, "subject">>
  & Partial<RuleSubject>;

/** What an authorizer is made of, for rules in order. */
export function partsOf(
  rules: readonly ShortRule[],
  rest: Partial<RuleAuthorizerParts> = {},
): RuleAuthorizerParts {
  return {
    rules: rules.map((rule, index) => ({
      subject: { ...EVERYBODY, ...rule },
      action: "all",
      qos: [0, 1, 2],
      retain: "any",
      topics: ["#"],
      isPattern: true,
      permission: "allow",
      place: `rules:${index + 1}`,
      ...rule,
    })),
    order: "first-match",
    groups: new Map(),
    deniesByDefault: true,
    remote: null,
    ...rest,
  };
}

/** An authorizer of rules in order. */
export function rulesOf(
  rules: readonly ShortRule[],
  rest: Partial<RuleAuthorizerParts> = {},
): RuleAuthorizer {
  return new RuleAuthorizer(partsOf(rules, rest));
}
