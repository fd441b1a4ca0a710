/** Access rules: who may publish what, and subscribe to it. */
export { AccessFileError, readMosquittoRules } from "./mosquitto_rules.ts";
export type { RemoteAccess } from "./remote_access.ts";
export { EVERYBODY } from "./rule.ts";
export type { AccessRule, RuleOrder, RuleSubject } from "./rule.ts";
export { RuleAuthorizer } from "./rule_authorizer.ts";
export type { RuleAuthorizerParts } from "./rule_authorizer.ts";
export type { RuleSource } from "./rule_set.ts";
export { describeRule } from "./rule_text.ts";
