/** Character codes that mean something in topics (4.7.1). */
const SLASH = 0x2f;
const PLUS = 0x2b;
const HASH = 0x23;
const DOLLAR = 0x24;

const SHARE_PREFIX = "$share/";

/** A topic filter, and the shared group that `$share/{group}/` names. */
export interface ParsedFilter {
  /** The share name, or null for a subscription that is not shared. */
  readonly group: string | null;
  /** The filter without the group; it is valid. */
  readonly filter: string;
}

/**
 * Null when `text` can name a topic, else what is wrong with it, as a phrase.
 * Names are at least one character long [MQTT-4.7.3-1], have no wildcard
 * [MQTT-3.3.2-2] and no U+0000 [MQTT-4.7.3-2].
 */
export function validateTopicName(text: string): string | null {
  if (text.length === 0) return "a topic name is empty";
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === PLUS || code === HASH) {
      return "a topic name contains a wildcard";
    }
    if (code === 0) return "a topic name contains U+0000";
  }
  return null;
}

/**
 * Null when `text` is a topic filter, else what is wrong with it, as a phrase.
 * `#` is the whole last level [MQTT-4.7.1-1], `+` a whole level
 * [MQTT-4.7.1-2]. It gives `$share/` no meaning: `parseFilter` does.
 */
export function validateTopicFilter(text: string): string | null {
  const last = text.length - 1;
  if (last < 0) return "a topic filter is empty";
  for (let i = 0; i <= last; i++) {
    const code = text.charCodeAt(i);
    if (code === 0) return "a topic filter contains U+0000";
    if (code !== PLUS && code !== HASH) continue;
    if (i > 0 && text.charCodeAt(i - 1) !== SLASH) {
      return "a wildcard in a topic filter is not a whole level";
    }
    if (code === HASH && i < last) {
      return "a # in a topic filter is not its last character";
    }
    if (i < last && text.charCodeAt(i + 1) !== SLASH) {
      return "a wildcard in a topic filter is not a whole level";
    }
  }
  return null;
}

/**
 * Splits what a SUBSCRIBE or UNSUBSCRIBE asked for into group and filter.
 * Null when it is invalid: the filter itself, a share name that is empty or
 * has a wildcard, or no filter behind the share name [MQTT-4.8.2-1] [MQTT-4.8.2-2].
 */
export function parseFilter(text: string): ParsedFilter | null {
  if (!text.startsWith(SHARE_PREFIX)) {
    return validateTopicFilter(text) === null
      ? { group: null, filter: text }
      : null;
  }
  const slash = text.indexOf("/", SHARE_PREFIX.length);
  if (slash <= SHARE_PREFIX.length) return null;
  const group = text.slice(SHARE_PREFIX.length, slash);
  const filter = text.slice(slash + 1);
  // A share name obeys the same bans as a topic name: no wildcard, no U+0000.
  if (validateTopicName(group) !== null) return null;
  return validateTopicFilter(filter) === null ? { group, filter } : null;
}

/** Returns the filter by which a client subscribes as a member of `group`. */
export function sharedFilter(group: string, filter: string): string {
  return `${SHARE_PREFIX}${group}/${filter}`;
}

/**
 * Whether a valid filter (without `$share/`) matches a valid name (4.7). The
 * plain reading of the rules, without any index: the measure for faster ones.
 */
export function topicMatches(filter: string, name: string): boolean {
  const first = filter.charCodeAt(0);
  // [MQTT-4.7.2-1]: `$SYS` and its like are not met by accident.
  if (
    name.charCodeAt(0) === DOLLAR && (first === PLUS || first === HASH)
  ) return false;
  const wanted = filter.split("/");
  const levels = name.split("/");
  for (let i = 0; i < wanted.length; i++) {
    // `a/#` also matches `a`, so this stands before the length is looked at.
    if (wanted[i] === "#") return true;
    if (i === levels.length) return false;
    if (wanted[i] !== "+" && wanted[i] !== levels[i]) return false;
  }
  return wanted.length === levels.length;
}

/** Whether `+` or `#` stands at index `at` of a filter. */
export function isWildcardAt(filter: string, at: number): boolean {
  const code = filter.charCodeAt(at);
  return code === PLUS || code === HASH;
}

/** Levels of a topic name or filter: one more than it has slashes. */
export function levelCount(text: string): number {
  let count = 1;
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) === SLASH) count++;
  }
  return count;
}
