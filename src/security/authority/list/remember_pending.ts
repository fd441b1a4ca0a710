import type { CertificateEntry } from "./certificate_entry.ts";

/** Most unknown certificates that are remembered; the oldest gives way. */
const MOST_PENDING = 1000;

/** Characters of an unknown certificate's subject or name that are kept. */
const MOST_TEXT = 200;

/** Facts about a certificate that a client showed. */
export interface SeenCertificate {
  /** 64 digits of lowercase hex. */
  readonly fingerprint: string;
  /** Its common name, or empty. */
  readonly name: string;
  /** As in the certificate. */
  readonly subject: string;
  /** End of its life, in ms since 1970; NaN where its date makes no sense. */
  readonly expiresAt: number;
  /** A note for the operator, such as the listener that saw it. */
  readonly note: string;
}

/**
 * Puts an unknown certificate on `list` as `pending`; `now` is in ms since
 * 1970. One that is on it already, in whatever state, is left as it is. Returns
 * whether the list changed.
 */
export function rememberPending(
  list: Map<string, CertificateEntry>,
  seen: SeenCertificate,
  now: number,
): boolean {
  if (list.has(seen.fingerprint)) return false;
  const time = isoTime(now);
  list.set(seen.fingerprint, {
    name: seen.name.slice(0, MOST_TEXT),
    state: "pending",
    note: seen.note.slice(0, MOST_TEXT),
    added: time,
    changed: time,
    subject: seen.subject.slice(0, MOST_TEXT),
    expires: Number.isNaN(seen.expiresAt) ? null : isoTime(seen.expiresAt),
  });
  dropOldest(list);
  return true;
}

/** Bounds the pending entries: any client can add one. */
function dropOldest(list: Map<string, CertificateEntry>): void {
  const pending = [...list].filter(([, entry]) => entry.state === "pending")
    .sort(([, a], [, b]) => a.added < b.added ? -1 : a.added > b.added ? 1 : 0);
  const excess = pending.length - MOST_PENDING;
  for (const [fingerprint] of pending.slice(0, Math.max(0, excess))) {
    list.delete(fingerprint);
  }
}

/** ISO 8601 in UTC, to the second; `ms` since 1970, held within what it can say. */
export function isoTime(ms: number): string {
  const bounded = Math.min(Math.max(ms, 0), 253_402_300_799_000);
  return new Date(bounded).toISOString().replace(/\.\d+Z$/, "Z");
}
