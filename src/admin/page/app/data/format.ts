const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"];

/** Returns a count with thin spaces between thousands. */
export function shownCount(value: number): string {
  if (!Number.isFinite(value)) return "–";
  const digits = String(Math.round(Math.abs(value)));
  const text = digits.replaceAll(/\B(?=(\d{3})+$)/g, "\u202f");
  return value < 0 ? `−${text}` : text;
}

/** Returns a size in bytes, in units of thousand: `1.25 MB`. */
export function shownSize(bytes: number): string {
  if (!Number.isFinite(bytes)) return "–";
  let value = Math.abs(bytes);
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  const text = unit === 0 ? String(Math.round(value)) : threeDigits(value);
  return `${bytes < 0 ? "−" : ""}${text} ${UNITS[unit]}`;
}

/** Returns a rate: `12.5/s`, `3.4 kB/s`. */
export function shownRate(
  perSecond: number | undefined,
  isSize = false,
): string {
  if (perSecond === undefined || !Number.isFinite(perSecond)) return "–";
  if (isSize) return `${shownSize(perSecond)}/s`;
  const size = Math.abs(perSecond);
  const text = size === 0
    ? "0"
    : size < 0.01
    ? "<0.01"
    : size < 100
    ? threeDigits(size)
    : shownCount(size);
  return `${perSecond < 0 ? "−" : ""}${text}/s`;
}

/** Up to three digits, no zeros behind the point. */
function threeDigits(value: number): string {
  return String(Number(value.toPrecision(3)));
}

/** Returns a time in its two largest units: `3 d 4 h`, `12 s`. */
export function shownDuration(seconds: number): string {
  const units: readonly [string, number][] = [
    ["d", 86_400],
    ["h", 3600],
    ["min", 60],
    ["s", 1],
  ];
  let rest = Math.max(0, Math.floor(seconds));
  const at = units.findIndex(([, size]) => rest >= size);
  if (at < 0) return "0 s";
  const texts: string[] = [];
  for (const [name, size] of units.slice(at, at + 2)) {
    const number = Math.floor(rest / size);
    rest %= size;
    if (number > 0) texts.push(`${number} ${name}`);
  }
  return texts.join(" ");
}

/** Returns the time of day: `14:03:09`. */
export function shownTime(date: number | string): string {
  return new Date(date).toLocaleTimeString("en-GB");
}

/** Returns date and time: `2026-11-30 14:03:09`; a dash for null. */
export function shownDate(date: number | string | null): string {
  if (date === null) return "–";
  const at = new Date(date);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ` +
    shownTime(date);
}

/** Returns how long ago a time is, at the time `now` (ms). */
export function shownAge(date: string | null, now: number): string {
  if (date === null) return "–";
  return shownDuration((now - Date.parse(date)) / 1000);
}

/** Returns a text, or a dash for none. */
export function shownText(text: string | number | null | undefined): string {
  return text === null || text === undefined || text === "" ? "–" : `${text}`;
}

/** Returns `1 client` or `2 clients`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${shownCount(count)} ${count === 1 ? one : many}`;
}
