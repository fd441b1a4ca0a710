const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/**
 * Returns a size as people like to read it, with three digits or so: `12.3
 * MiB`.
 */
export function shownSize(bytes: number): string {
  let size = bytes;
  let unit = 0;
  while (size >= 1024 && unit < UNITS.length - 1) {
    size /= 1024;
    unit++;
  }
  return `${size.toFixed(unit === 0 ? 0 : 1)} ${UNITS[unit]}`;
}

/**
 * Returns a time to the second: `2026-01-31 12:00:00 UTC`; `ms` since 1970, 0:
 * `never`.
 */
export function shownTime(ms: number): string {
  if (ms === 0) return "never";
  const [day, time] = new Date(ms).toISOString().split(/[T.]/);
  return `${day} ${time} UTC`;
}

/** `1 session`, `2 sessions`: a count and what is counted. */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
