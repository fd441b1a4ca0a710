/** Bytes of one KiB. */
export const KIB = 1024;
/** Bytes of one MiB. */
export const MIB = 1024 * KIB;
/** Milliseconds of one second. */
export const SECOND = 1000;

const sizes: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1000,
  kib: KIB,
  mb: 1_000_000,
  mib: MIB,
  gb: 1_000_000_000,
  gib: 1024 * MIB,
};

const durations: Readonly<Record<string, number>> = {
  ms: 1,
  s: SECOND,
  m: 60 * SECOND,
  h: 3600 * SECOND,
  d: 24 * 3600 * SECOND,
  w: 7 * 24 * 3600 * SECOND,
};

/**
 * Returns bytes of `"16 MiB"`, `"1KB"`, `"1.5 GiB"` or `"300"`; null when it is
 * none of these. The unit's case does not matter; parts of a byte are cut off.
 */
export function parseSize(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim());
  if (match === null) return null;
  const unit = sizes[match[2] === "" ? "b" : match[2].toLowerCase()];
  return unit === undefined ? null : Math.floor(Number(match[1]) * unit);
}

/**
 * Returns a size in the largest binary unit that keeps it exact: `"16 MiB"`.
 */
export function formatSize(bytes: number): string {
  if (bytes === 0) return "0";
  for (const unit of ["GiB", "MiB", "KiB"]) {
    const size = sizes[unit.toLowerCase()];
    if (bytes % size === 0) return `${bytes / size} ${unit}`;
  }
  return `${bytes} B`;
}

/**
 * Milliseconds of `"10s"`, `"1h30m"`, `"250ms"` or `"1.5 s"`; a bare number
 * counts seconds. Null when it is none of these. Units: ms s m h d w.
 */
export function parseDuration(text: string): number | null {
  const compact = text.replaceAll(" ", "");
  if (/^\d+(\.\d+)?$/.test(compact)) return Number(compact) * SECOND;
  if (!/^(\d+(\.\d+)?(ms|[smhdw]))+$/.test(compact)) return null;
  let total = 0;
  for (const part of compact.matchAll(/([\d.]+)(ms|[smhdw])/g)) {
    total += Number(part[1]) * durations[part[2]];
  }
  return total;
}

/**
 * Returns a duration in the units it fills exactly: `"1h30m"`, `"250ms"`,
 * `"0s"`.
 */
export function formatDuration(ms: number): string {
  let rest = ms;
  let text = "";
  for (const unit of ["d", "h", "m", "s", "ms"]) {
    const count = Math.floor(rest / durations[unit]);
    rest -= count * durations[unit];
    if (count > 0) text += `${count}${unit}`;
  }
  return text === "" ? "0s" : text;
}
