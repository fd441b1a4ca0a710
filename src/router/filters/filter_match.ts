const SLASH = 0x2f;
const PLUS = 0x2b;
const HASH = 0x23;
const DOLLAR = 0x24;

/**
 * Returns whether a valid filter (without `$share/`) matches a valid name
 * (4.7). Makes no string and ends at the first difference.
 */
export function filterMatches(filter: string, name: string): boolean {
  const first = filter.charCodeAt(0);
  // [MQTT-4.7.2-1]
  if ((first === PLUS || first === HASH) && name.charCodeAt(0) === DOLLAR) {
    return false;
  }
  const { length } = name;
  let at = 0;
  for (let i = 0; i < filter.length; i++) {
    const code = filter.charCodeAt(i);
    if (code === PLUS) {
      while (at < length && name.charCodeAt(at) !== SLASH) at++;
    } else if (code === HASH) {
      return true;
    } else if (at === length) {
      // `a/#` also matches `a` (4.7.1.2).
      return code === SLASH && filter.charCodeAt(i + 1) === HASH;
    } else if (name.charCodeAt(at++) !== code) {
      return false;
    }
  }
  return at === length;
}
