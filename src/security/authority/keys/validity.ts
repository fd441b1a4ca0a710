import { EARLIEST_DATE, isPlausible } from "../../../clock/mod.ts";
import { AuthorityError } from "./authority_error.ts";

/** A day in ms. */
export const DAY = 86_400_000;

/** Certificates begin a little in the past: clocks of devices run behind. */
const EARLIER = 3_600_000;

/** The last second a certificate can name (RFC 5280, 4.1.2.5). */
const LATEST = Date.UTC(9999, 11, 31, 23, 59, 59);

/** Begin and end of a certificate's life, in whole seconds. */
export interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** Days from the earliest date on that what is made without a date lives. */
const PROVISIONAL_DAYS = 9000;

/** The longest that a certificate can be asked for: a hundred years. */
const MOST_DAYS = 36_500;

/**
 * Returns a life of `days` (1..36,500) from `now` on, within that of `issuer`.
 *
 * @throws {AuthorityError} `clock` when this machine has no idea of the date:
 * what it issues would be over before it begins
 */
export function validity(
  now: number,
  days: number,
  issuer?: { readonly notBefore: number; readonly notAfter: number },
): Validity {
  if (!isPlausible(now)) {
    throw new AuthorityError(
      "clock",
      `this machine believes that it is ${new Date(now).toISOString()}: set ` +
        "its date first, certificates are made for a time",
    );
  }
  if (!Number.isInteger(days) || days < 1 || days > MOST_DAYS) {
    throw new AuthorityError(
      "unsuitable",
      `a life of ${days} days is not possible: give 1 to ${MOST_DAYS}`,
    );
  }
  const begin = Math.max(now - EARLIER, issuer?.notBefore ?? 0);
  const end = Math.min(now + days * DAY, issuer?.notAfter ?? LATEST, LATEST);
  if (end <= begin) {
    throw new AuthorityError(
      "clock",
      `the authority's certificate begins on ${day(begin)}, and this machine ` +
        `believes that it is ${
          new Date(now).toISOString()
        }: set its date first`,
    );
  }
  return { notBefore: second(begin), notAfter: second(end) };
}

/**
 * A life for what the broker makes for itself at the time `now`. Without a date
 * it spans all dates that today can be: clients judge it by their own clocks.
 */
export function ownValidity(
  now: number,
  days: number,
  issuer?: { readonly notBefore: number; readonly notAfter: number },
): Validity {
  if (isPlausible(now)) return validity(now, days, issuer);
  const begin = Math.max(EARLIEST_DATE, issuer?.notBefore ?? 0);
  const end = EARLIEST_DATE + PROVISIONAL_DAYS * DAY;
  return {
    notBefore: second(begin),
    notAfter: second(Math.min(end, issuer?.notAfter ?? LATEST)),
  };
}

/**
 * Returns the same for the broker's own authority, which stays when the
 * calendar is set, also back.
 */
export function ownAuthorityValidity(now: number, days: number): Validity {
  const { notAfter } = ownValidity(now, days);
  return { notBefore: second(EARLIEST_DATE), notAfter };
}

/** Certificates know no fractions of a second. */
function second(ms: number): Date {
  return new Date(Math.floor(ms / 1000) * 1000);
}

/** Returns the date of `ms` since 1970, UTC. */
export function day(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
