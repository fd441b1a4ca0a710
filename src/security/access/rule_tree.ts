import type { CompiledRule } from "./compiled_rule.ts";
import type { LevelTemplate, RuleLevels } from "./filter_levels.ts";
import { RuleShelf } from "./rule_shelf.ts";
import type { Client } from "./subject_check.ts";

/** A level of rules' filters, with the levels below it. */
class RuleNode {
  children: Map<string, RuleNode> | null = null;
  plus: RuleNode | null = null;
  /** Below levels that are another text for each client. */
  templates: { level: LevelTemplate; node: RuleNode }[] | null = null;
  /** Rules whose filter ends here. */
  here: RuleShelf | null = null;
  /** Rules whose filter ends with `#` below this level. */
  below: RuleShelf | null = null;
}

/** Rules by the topics they are about: what a topic meets is found by levels. */
export class RuleTree {
  readonly #root = new RuleNode();

  /** Puts `rule` at one of its filters. */
  put(levels: RuleLevels, rule: CompiledRule): void {
    let node = this.#root;
    for (const level of levels) {
      if (level === "#") {
        (node.below ??= new RuleShelf()).put(rule);
        return;
      }
      node = childOf(node, level);
    }
    (node.here ??= new RuleShelf()).put(rule);
  }

  /**
   * Returns the rules about `client` that match a valid topic name, in no
   * order.
   */
  matching(topic: string, client: Client): CompiledRule[] {
    const found: CompiledRule[] = [];
    collect(this.#root, topic.split("/"), 0, client, found);
    return found;
  }
}

function childOf(node: RuleNode, level: string | LevelTemplate): RuleNode {
  if (level === "+") return node.plus ??= new RuleNode();
  if (typeof level === "string") {
    const children = node.children ??= new Map();
    let child = children.get(level);
    if (child === undefined) children.set(level, child = new RuleNode());
    return child;
  }
  const templates = node.templates ??= [];
  let same = templates.find((one) =>
    one.level.text === level.text && one.level.allows === level.allows
  );
  if (same === undefined) {
    templates.push(same = { level, node: new RuleNode() });
  }
  return same.node;
}

function collect(
  node: RuleNode,
  levels: readonly string[],
  depth: number,
  client: Client,
  found: CompiledRule[],
): void {
  // A leading wildcard does not meet topics with `$` [MQTT-4.7.2-1].
  const isHidden = depth === 0 && levels[0].startsWith("$");
  if (!isHidden) node.below?.collect(client, found);
  if (depth === levels.length) {
    node.here?.collect(client, found);
    return;
  }
  const level = levels[depth];
  const child = node.children?.get(level);
  if (child !== undefined) collect(child, levels, depth + 1, client, found);
  if (node.plus !== null && !isHidden) {
    collect(node.plus, levels, depth + 1, client, found);
  }
  if (node.templates === null) return;
  for (const one of node.templates) {
    const filled = one.level.fill(client.identity, depth === 0);
    if (filled === null || !isAt(filled, levels, depth)) continue;
    collect(one.node, levels, depth + filled.length, client, found);
  }
}

/**
 * Returns whether the levels of a topic from `depth` on begin with those of a
 * rule.
 */
function isAt(
  filled: readonly string[],
  levels: readonly string[],
  depth: number,
): boolean {
  return depth + filled.length <= levels.length &&
    filled.every((level, index) =>
      level === levels[depth + index] ||
      // A leading wildcard does not match topics with `$` [MQTT-4.7.2-1].
      (level === "+" && !(depth + index === 0 && levels[0].startsWith("$")))
    );
}
