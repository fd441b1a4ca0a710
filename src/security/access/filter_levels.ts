import type { Identity } from "../authenticator.ts";

/** A level that names stand in: `%u` for the user, `%c` for the client id. */
export class LevelTemplate {
  /** As it was written. */
  readonly text: string;
  /** True in a rule that allows. */
  readonly allows: boolean;

  constructor(text: string, allows: boolean) {
    this.text = text;
    this.allows = allows;
  }

  /**
   * Returns the levels for this client; null where it has no such name. No name
   * makes a rule that allows wider, and none escapes a rule that denies: a name
   * with `/` is several levels there, and one with `+` or `#` any level.
   */
  fill(identity: Identity, isFirst: boolean): readonly string[] | null {
    let isNamed = true;
    let isPlain = true;
    const text = this.text.replace(/%[uc]/g, (mark) => {
      const name = mark === "%u" ? identity.username : identity.clientId;
      if (name === null) isNamed = false;
      // An empty name would make `%u/#` the topics that begin with a slash.
      if (name === "" || /[+#/]/.test(name ?? "")) isPlain = false;
      return name ?? "";
    });
    if (!isNamed) return null;
    if (!this.allows) {
      return text.split("/").map((level) => /[+#]/.test(level) ? "+" : level);
    }
    // A first level with `$` would be one of the broker's own.
    return isPlain && !(isFirst && text.startsWith("$")) ? [text] : null;
  }
}

/** The levels of a rule's topic filter. */
export type RuleLevels = readonly (string | LevelTemplate)[];

/** Splits a valid filter; only a pattern's `%u` and `%c` mean anything. */
export function splitRule(
  filter: string,
  isPattern: boolean,
  allows: boolean,
): RuleLevels {
  return filter.split("/").map((level) =>
    isPattern && /%[uc]/.test(level) ? new LevelTemplate(level, allows) : level
  );
}

/**
 * Returns the filter as it is for this client; null when a name does not fit
 * in.
 */
export function fillRule(
  levels: RuleLevels,
  identity: Identity,
): readonly string[] | null {
  // Most rules have no names in them, and are the same for everybody.
  if (levels.every(isText)) return levels;
  const filled: string[] = [];
  for (const [index, level] of levels.entries()) {
    if (typeof level === "string") {
      filled.push(level);
      continue;
    }
    const some = level.fill(identity, index === 0);
    if (some === null) return null;
    filled.push(...some);
  }
  return filled;
}

/** Returns whether two filters part at their first level already: most do. */
export function startApart(
  levels: RuleLevels,
  filter: readonly string[],
): boolean {
  const [first] = levels;
  return typeof first === "string" && first !== filter[0] &&
    !isWildcard(first) && !isWildcard(filter[0]);
}

/**
 * Returns the filter that matches what both of two filters match, by their
 * levels; null when no topic is matched by both. There always is such a filter.
 */
export function meet(
  one: readonly string[],
  other: readonly string[],
): readonly string[] | null {
  if (isHidden(one[0], other[0]) || isHidden(other[0], one[0])) return null;
  const levels: string[] = [];
  for (let i = 0;; i++) {
    const a = one[i];
    const b = other[i];
    // `a/#` matches `a`, too, so an end on the other side is no end here.
    if (a === "#") return levels.concat(other.slice(i));
    if (b === "#") return levels.concat(one.slice(i));
    if (a === undefined || b === undefined) return a === b ? levels : null;
    if (a !== b && a !== "+" && b !== "+") return null;
    levels.push(a === "+" ? b : a);
  }
}

/**
 * Returns whether `filter` matches all that `part` matches, by their levels.
 */
export function covers(
  filter: readonly string[],
  part: readonly string[],
): boolean {
  if (isHidden(filter[0], part[0])) return false;
  for (let i = 0;; i++) {
    if (filter[i] === "#") return true;
    if (filter[i] === undefined || part[i] === undefined) {
      return filter[i] === part[i];
    }
    // `a/#` matches `a`, which `a/+/#` does not; but no name has no level.
    if (part[i] === "#") {
      return i === 0 && filter[0] === "+" && filter[1] === "#";
    }
    if (filter[i] !== "+" && filter[i] !== part[i]) return false;
  }
}

/** A leading wildcard does not meet topics with `$` [MQTT-4.7.2-1]. */
function isHidden(first: string, other: string): boolean {
  return isWildcard(first) && other.startsWith("$");
}

function isWildcard(level: string): boolean {
  return level === "+" || level === "#";
}

function isText(level: string | LevelTemplate): level is string {
  return typeof level === "string";
}
