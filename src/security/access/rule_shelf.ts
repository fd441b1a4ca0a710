import type { CompiledRule } from "./compiled_rule.ts";
import type { Client } from "./subject_check.ts";

/**
 * Rules, put where those that may be about a client are found without looking
 * at all the others: there may be ten thousand of other users.
 */
export class RuleShelf {
  #byUser: Map<string, CompiledRule[]> | null = null;
  #byClient: Map<string, CompiledRule[]> | null = null;
  #byGroup: Map<string, CompiledRule[]> | null = null;
  #others: CompiledRule[] | null = null;

  /** Puts a rule there, at the first thing it says of names. */
  put(rule: CompiledRule): void {
    const { users, clientIds, groups } = rule.rule.subject;
    if (users.length > 0) this.#byUser = putAll(this.#byUser, users, rule);
    else if (clientIds.length > 0) {
      this.#byClient = putAll(this.#byClient, clientIds, rule);
    } else if (groups.length > 0) {
      this.#byGroup = putAll(this.#byGroup, groups, rule);
    } else (this.#others ??= []).push(rule);
  }

  /** Appends the rules about `client` to `found`, in no order. */
  collect(client: Client, found: CompiledRule[]): void {
    const { username, clientId } = client.identity;
    append(this.#others, client, found);
    if (this.#byUser !== null && username !== null) {
      append(this.#byUser.get(username), client, found);
    }
    if (this.#byClient !== null) {
      append(this.#byClient.get(clientId), client, found);
    }
    if (this.#byGroup !== null) {
      for (const group of client.groups) {
        append(this.#byGroup.get(group), client, found);
      }
    }
  }
}

function putAll(
  map: Map<string, CompiledRule[]> | null,
  names: readonly string[],
  rule: CompiledRule,
): Map<string, CompiledRule[]> {
  const all = map ?? new Map<string, CompiledRule[]>();
  for (const name of new Set(names)) {
    const rules = all.get(name);
    if (rules === undefined) all.set(name, [rule]);
    else rules.push(rule);
  }
  return all;
}

function append(
  rules: readonly CompiledRule[] | null | undefined,
  client: Client,
  found: CompiledRule[],
): void {
  if (rules === null || rules === undefined) return;
  for (const rule of rules) if (rule.subject.fits(client)) found.push(rule);
}
