const DAY = 86_400_000;

/** Most days until a certificate expires. */
export type ExpiryStage = "fine" | "30 days" | "7 days" | "1 day" | "expired";

/** Whole days until `notAfter`; both in ms. Negative when it has passed. */
export function daysLeft(notAfter: number, now: number): number {
  return Math.floor((notAfter - now) / DAY);
}

/** Returns how near the end is; warnings are given when this changes. */
export function expiryStage(notAfter: number, now: number): ExpiryStage {
  const left = notAfter - now;
  if (left <= 0) return "expired";
  if (left <= DAY) return "1 day";
  if (left <= 7 * DAY) return "7 days";
  return left <= 30 * DAY ? "30 days" : "fine";
}
