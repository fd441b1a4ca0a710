const MARK = "sealed:";

/** FNV-1a over the characters, as eight hex digits. */
function hashOf(text: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, "0");
}

/**
 * A payload that says what it is and carries a hash of itself: no byte of it
 * can change unseen. `name` is ASCII without `;`. The payload is `length`
 * characters long, or as long as name and hash need. Each name has a filling of
 * its own, so that a part of another payload shows too.
 */
export function sealPayload(name: string, length = 0): string {
  const head = `${MARK}${name};`;
  const missing = Math.max(0, length - head.length - 8);
  const seed = hashOf(name);
  const body = head + seed.repeat(Math.ceil(missing / 8)).slice(0, missing);
  return body + hashOf(body);
}

/** The name in a payload of `sealPayload`. Throws when it was changed. */
export function openSeal(payload: string): string {
  const body = payload.slice(0, -8);
  if (!payload.startsWith(MARK) || payload.slice(-8) !== hashOf(body)) {
    throw new Error(`a changed payload: ${payload.slice(0, 60)} …`);
  }
  return body.slice(MARK.length, body.indexOf(";"));
}

/** Throws when `payload` was sealed once and has been changed. */
export function checkSeal(payload: string): void {
  if (payload.startsWith(MARK)) openSeal(payload);
}
