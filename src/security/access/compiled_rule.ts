import { ALL_CELLS } from "../rights.ts";
import { type RuleLevels, splitRule } from "./filter_levels.ts";
import type { AccessRule } from "./rule.ts";
import { SubjectCheck } from "./subject_check.ts";

/** A rule, ready to be asked. */
export interface CompiledRule {
  /** As it was given. */
  readonly rule: AccessRule;
  /** Its place in the order: smaller comes first. */
  readonly order: number;
  /** The clients it applies to. */
  readonly subject: SubjectCheck;
  /** True for a rule that allows. */
  readonly allows: boolean;
  /** Cells of `rights.ts` that it covers in publishing. */
  readonly publishCells: number;
  /** Cells that it covers in subscribing and receiving. */
  readonly receiveCells: number;
  /** Its filters. */
  readonly filters: readonly RuleLevels[];
}

/** Makes `rule` ready, the `order`th of its list. */
export function compileRule(rule: AccessRule, order: number): CompiledRule {
  let cells = 0;
  for (const qos of rule.qos) cells |= 0b1001 << qos;
  if (rule.retain !== "any") cells &= rule.retain ? 0b111000 : 0b000111;
  cells &= ALL_CELLS;
  return {
    rule,
    order,
    subject: new SubjectCheck(rule.subject),
    allows: rule.permission === "allow",
    publishCells: rule.action === "subscribe" ? 0 : cells,
    receiveCells: rule.action === "publish" ? 0 : cells,
    filters: rule.topics.map((topic) =>
      splitRule(topic, rule.isPattern, rule.permission === "allow")
    ),
  };
}
