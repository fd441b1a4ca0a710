import { type Clock, isPlausible } from "../../clock/mod.ts";
import { daysLeft, expiryStage } from "../../security/certificates/mod.ts";
import type { CertificateFigures } from "../../admin/protocol/mod.ts";
import type { Alarms } from "../status/alarms.ts";

/** A certificate whose end is watched. */
export interface Dated {
  /** Description of the certificate, for people. */
  readonly what: string;
  /** The listener that it serves. */
  readonly listener: string;
  /** Begin of its life, in ms since 1970. */
  readonly notBefore: number;
  /** End of its life, in ms since 1970. */
  readonly notAfter: number;
}

/**
 * Warns, 30, 7 and 1 days before, of certificates that come to their end, and
 * of those that have not begun: by the alarm `certificates`, which is cleared
 * when all are in their time.
 */
export class CertificateExpiry {
  readonly #all: () => readonly Dated[];
  readonly #clock: Clock;
  readonly #alarms: Alarms;
  /** Null before the first look: an alarm of others before it may be up. */
  #told: string | null = null;

  /** `all`: those in use now. */
  constructor(all: () => readonly Dated[], clock: Clock, alarms: Alarms) {
    this.#all = all;
    this.#clock = clock;
    this.#alarms = alarms;
  }

  /** Looks how near the end is. To be called every hour or so. */
  look(): void {
    const now = this.#clock.date();
    const near = this.#all().map((one) => dateFault(one, now));
    const text = [...new Set(near)].filter((one) => one !== null).join("; ");
    if (text === this.#told) return;
    if (text === "") this.#alarms.clear("certificates");
    else this.#alarms.raise("certificates", text);
    this.#told = text;
  }

  /** The certificate of each listener that ends first. */
  get figures(): CertificateFigures[] {
    const now = this.#clock.date();
    const ends = new Map<string, number>();
    for (const { listener, notAfter } of this.#all()) {
      ends.set(listener, Math.min(notAfter, ends.get(listener) ?? Infinity));
    }
    return Array.from(
      ends,
      ([listener, notAfter]) => ({
        ...{ listener, notAfter, days: daysLeft(notAfter, now) },
      }),
    );
  }
}

/**
 * Returns the fault of a certificate's dates at `now` (ms since 1970), and what
 * to do; null for none.
 */
export function dateFault(
  { what, notBefore, notAfter }: Omit<Dated, "listener">,
  now: number,
): string | null {
  // Without a date all begin later, and there is nothing to do but to wait.
  if (now < notBefore && isPlausible(now)) {
    return `${what} begins on ${minute(notBefore)}, later than the date of ` +
      "this machine: set its date, or renew the certificate";
  }
  const stage = expiryStage(notAfter, now);
  if (stage === "fine") return null;
  return stage === "expired"
    ? `${what} ended on ${minute(notAfter)}: renew it`
    : `${what} ends within ${stage}, on ${minute(notAfter)}: renew it`;
}

/** Returns the time of `ms` since 1970, UTC, without its seconds. */
function minute(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16)}Z`;
}
