import { parseAddress } from "../../network/mod.ts";
import type { Identity } from "../authenticator.ts";
import { ALL_CELLS } from "../rights.ts";
import { type CompiledRule, compileRule } from "./compiled_rule.ts";
import { covers, fillRule, meet, startApart } from "./filter_levels.ts";
import type { AccessRule, RuleOrder } from "./rule.ts";
import { RuleShelf } from "./rule_shelf.ts";
import { RuleTree } from "./rule_tree.ts";
import type { Client } from "./subject_check.ts";

/** Result of a list of rules: cells as in `rights.ts`. */
export interface Verdict {
  /** Allowed cells. */
  readonly allowed: number;
  /** Cells that no rule covers. */
  readonly undecided: number;
}

/** Parts of a set of rules. */
export interface RuleSource {
  /** In their order. */
  readonly rules: readonly AccessRule[];
  /** Which of those that fit decides. */
  readonly order: RuleOrder;
  /** The groups of users, by user name. */
  readonly groups: ReadonlyMap<string, readonly string[]>;
}

const NO_GROUPS: readonly string[] = [];

/** Rules, compiled once and never changed. */
export class RuleSet {
  /** In their order. */
  readonly rules: readonly CompiledRule[];
  /** Which of those that fit decides. */
  readonly order: RuleOrder;
  readonly #groups: ReadonlyMap<string, readonly string[]>;
  readonly #clients = new WeakMap<Identity, Client>();
  readonly #tree = new RuleTree();
  readonly #all = new RuleShelf();
  /** The last client and its filters: a SUBSCRIBE has many filters. */
  #last: { readonly client: Client; readonly filters: FilledFilters } | null =
    null;

  /** @throws {RangeError} for a network that is none. */
  constructor({ rules, order, groups }: RuleSource) {
    this.order = order;
    this.#groups = groups;
    this.rules = rules.map(compileRule);
    for (const rule of this.rules) {
      this.#all.put(rule);
      for (const levels of rule.filters) this.#tree.put(levels, rule);
    }
  }

  /** Returns a client as rules see it. */
  clientOf(identity: Identity): Client {
    let client = this.#clients.get(identity);
    if (client === undefined) {
      const { hostname } = identity;
      client = {
        identity,
        groups: this.#groupsOf(identity),
        address: hostname === undefined ? null : parseAddress(hostname),
      };
      this.#clients.set(identity, client);
    }
    return client;
  }

  #groupsOf({ username, groups }: Identity): ReadonlySet<string> {
    const named = username === null
      ? NO_GROUPS
      : this.#groups.get(username) ?? NO_GROUPS;
    return new Set([...named, ...groups ?? NO_GROUPS]);
  }

  /**
   * Returns the verdicts on publishing to a topic and on receiving from it.
   */
  judge(topic: string, client: Client): { publish: Verdict; receive: Verdict } {
    const found = this.#tree.matching(topic, client).sort(byOrder);
    return {
      publish: this.#decide(found, (rule) => rule.publishCells),
      receive: this.#decide(found, (rule) => rule.receiveCells),
    };
  }

  /**
   * Returns the rules that a topic meets, or for null all about the client, in
   * order.
   */
  about(topic: string | null, client: Client): readonly CompiledRule[] {
    if (topic === null) return this.#allAbout(client);
    return [...new Set(this.#tree.matching(topic, client))].sort(byOrder);
  }

  #allAbout(client: Client): readonly CompiledRule[] {
    const found: CompiledRule[] = [];
    this.#all.collect(client, found);
    return [...new Set(found)].sort(byOrder);
  }

  #filtersOf(client: Client): FilledFilters {
    if (this.#last?.client === client) return this.#last.filters;
    const rules = this.#allAbout(client);
    const { identity } = client;
    const filters = {
      allowed: filled(rules, true, identity),
      denied: filled(rules, false, identity),
    };
    this.#last = { client, filters };
    return filters;
  }

  /**
   * Returns what can be received by `filter`, given by its levels: `some` of it
   * where any topic may be allowed, `all` of it where one rule allows every
   * topic. Denials count where one alone takes all of what a rule would allow.
   * It ends early when `isEnough` says so.
   */
  judgeFilter(
    filter: readonly string[],
    client: Client,
    grants: readonly string[],
    isEnough: (some: number, all: number) => boolean,
  ): { some: number; all: number; denied: number } {
    const { allowed, denied } = this.#filtersOf(client);
    const denials = denied.filter(({ levels }) => !startApart(levels, filter));
    let some = 0;
    let all = 0;
    for (const { levels, cells, order } of chain(allowed, grants)) {
      if (startApart(levels, filter)) continue;
      const part = meet(levels, filter);
      if (part === null) continue;
      const before = this.order === "deny-wins" ? Infinity : order;
      const left = cells & ~deniedIn(part, denials, before);
      some |= left;
      if (covers(levels, filter)) all |= left;
      if (isEnough(some, all)) break;
    }
    return { some, all, denied: deniedIn(filter, denials, Infinity) };
  }

  #decide(
    found: readonly CompiledRule[],
    cellsOf: (rule: CompiledRule) => number,
  ): Verdict {
    let allowed = 0;
    let denied = 0;
    for (const rule of found) {
      // By the first that fits, what was decided before is not looked at.
      const open = this.order === "deny-wins"
        ? ALL_CELLS
        : ALL_CELLS & ~(allowed | denied);
      if (rule.allows) allowed |= cellsOf(rule) & open;
      else denied |= cellsOf(rule) & open;
    }
    return {
      allowed: allowed & ~denied,
      undecided: ALL_CELLS & ~(allowed | denied),
    };
  }
}

/** One filter of a rule, as it is for one client. */
interface Filled {
  readonly levels: readonly string[];
  readonly cells: number;
  readonly order: number;
}

/** Filters of rules about receiving, filled in for one client. */
interface FilledFilters {
  readonly allowed: readonly Filled[];
  readonly denied: readonly Filled[];
}

/** Returns what rules of one kind are about in receiving. */
function filled(
  rules: readonly CompiledRule[],
  allows: boolean,
  identity: Identity,
): Filled[] {
  const found: Filled[] = [];
  for (const rule of rules) {
    const { filters, receiveCells: cells, order } = rule;
    if (cells === 0 || rule.allows !== allows) continue;
    for (const one of filters) {
      const levels = fillRule(one, identity);
      if (levels !== null) found.push({ levels, cells, order });
    }
  }
  return found;
}

/** Yields the rules in order, and behind them the grants of a token. */
function* chain(
  rules: Iterable<Filled>,
  grants: readonly string[],
): Iterable<Filled> {
  yield* rules;
  for (const one of grants) {
    yield { levels: one.split("/"), cells: ALL_CELLS, order: Infinity };
  }
}

/** Cells that denials before `order` take of all topics of `part`. */
function deniedIn(
  part: readonly string[],
  denials: readonly Filled[],
  order: number,
): number {
  let denied = 0;
  for (const denial of denials) {
    if (denial.order >= order) break;
    if (covers(denial.levels, part)) denied |= denial.cells;
  }
  return denied;
}

function byOrder(one: CompiledRule, other: CompiledRule): number {
  return one.order - other.order;
}
