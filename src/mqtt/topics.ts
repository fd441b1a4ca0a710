/** Characters with a meaning in topics (4.7.1). */
const SLASH = 0x2f;
const PLUS = 0x2b;
const HASH = 0x23;
const DOLLAR = 0x24;

const SHARE_PREFIX = "$share/";

/** A topic filter, and the shared group of `$share/{group}/`. */
export interface ParsedFilter {
  /** The share name, or null for a subscription that is not shared. */
  readonly group: string | null;
  /** The filter without the group; it is valid. */
  readonly filter: string;
}

/**
 * Returns the fault of `text` as a topic name in a sentence, or null. A name has
 * at least one character [MQTT-4.7.3-1], no wildcard [MQTT-3.3.2-2] and no
 * U+0000 [MQTT-4.7.3-2].
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
 * Returns the fault of `text` as a topic filter in a sentence, or null. `#` is
 * the whole last level [MQTT-4.7.1-1], `+` a whole level [MQTT-4.7.1-2].
 * `parseFilter` reads `$share/`, this function does not.
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
 * Splits the filter of a SUBSCRIBE or UNSUBSCRIBE into group and filter. Returns
 * null for an invalid filter, for a share name that is empty or has a wildcard,
 * and without a filter behind it [MQTT-4.8.2-1] [MQTT-4.8.2-2].
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
  // As in a topic name, no wildcard and no U+0000.
  if (validateTopicName(group) !== null) return null;
  return validateTopicFilter(filter) === null ? { group, filter } : null;
}

/** Returns the filter with which clients subscribe as members of `group`. */
export function sharedFilter(group: string, filter: string): string {
  return `${SHARE_PREFIX}${group}/${filter}`;
}

/**
 * Returns whether a valid filter (without `$share/`) matches a valid name (4.7).
 * Follows the rules without any index: tests compare faster matches with it.
 */
export function topicMatches(filter: string, name: string): boolean {
  const first = filter.charCodeAt(0);
  // [MQTT-4.7.2-1]: a leading wildcard matches no `$SYS` and the like.
  if (
    name.charCodeAt(0) === DOLLAR && (first === PLUS || first === HASH)
  ) return false;
  const wanted = filter.split("/");
  const levels = name.split("/");
  for (let i = 0; i < wanted.length; i++) {
    // `a/#` also matches `a`: before the length is compared.
    if (wanted[i] === "#") return true;
    if (i === levels.length) return false;
    if (wanted[i] !== "+" && wanted[i] !== levels[i]) return false;
  }
  return wanted.length === levels.length;
}

/** Returns whether a filter has `+` or `#` at index `at`. */
export function isWildcardAt(filter: string, at: number): boolean {
  const code = filter.charCodeAt(at);
  return code === PLUS || code === HASH;
}

/** Returns the levels of a topic name or filter: its slashes plus one. */
export function levelCount(text: string): number {
  let count = 1;
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) === SLASH) count++;
  }
  return count;
}
