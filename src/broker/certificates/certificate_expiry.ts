import type { Clock } from "../../clock/mod.ts";
import { daysLeft, expiryStage } from "../../security/certificates/mod.ts";
import type { Alarms } from "../status/alarms.ts";

/** A certificate whose end is watched. */
export interface Dated {
  /** What it is, for people. */
  readonly what: string;
  /** The listener that it serves. */
  readonly listener: string;
  /** End of its life, in ms since 1970. */
  readonly notAfter: number;
}

/**
 * Warns, 30, 7 and 1 days before, of certificates that come to their end: by
 * the alarm `certificates`, which is cleared when all have been renewed.
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
    const near = this.#all().map(({ what, notAfter }) => {
      const stage = expiryStage(notAfter, now);
      if (stage === "fine") return "";
      const day = new Date(notAfter).toISOString().slice(0, 16);
      return stage === "expired"
        ? `${what} ended on ${day}Z: renew it`
        : `${what} ends within ${stage}, on ${day}Z: renew it`;
    });
    const text = [...new Set(near)].filter((one) => one !== "").join("; ");
    if (text === this.#told) return;
    this.#told = text;
    if (text === "") this.#alarms.clear("certificates");
    else this.#alarms.raise("certificates", text);
  }

  /** Whole days left of what ends first, by listener; negative when over. */
  get days(): Map<string, number> {
    const now = this.#clock.date();
    const days = new Map<string, number>();
    for (const { listener, notAfter } of this.#all()) {
      const left = daysLeft(notAfter, now);
      days.set(listener, Math.min(left, days.get(listener) ?? Infinity));
    }
    return days;
  }
}
