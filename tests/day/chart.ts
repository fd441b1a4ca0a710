import type { Sample } from "./day.ts";

const WIDTH = 760;
const LEFT = 56;
const RIGHT = 16;
const HEIGHT = 190;
const GAP = 44;
const TOP = 40;
const MIB = 1024 * 1024;

/** A line of a panel. */
interface Line {
  readonly name: string;
  readonly color: string;
  readonly values: readonly number[];
}

/** Returns an SVG with the memory and the latency of a run, over its time. */
export function chartOf(title: string, samples: readonly Sample[]): string {
  const hours = samples.map(({ at }) => at / 3600);
  const memory = panel("memory (MiB)", hours, TOP, fromZero, [
    {
      name: "resident",
      color: "#1f6feb",
      values: samples.map(({ resident }) => resident / MIB),
    },
    {
      name: "of it not backed by files",
      color: "#7aa2d8",
      values: samples.map(({ anonymous }) => anonymous / MIB),
    },
  ]);
  const below = TOP + HEIGHT + GAP;
  const latency = panel("latency (ms, logarithmic)", hours, below, decades, [
    {
      name: "99th percentile",
      color: "#d9822b",
      values: samples.map(({ slow }) => slow),
    },
    {
      name: "median",
      color: "#2e7d32",
      values: samples.map(({ median }) => median),
    },
  ]);
  const height = TOP + 2 * (HEIGHT + GAP);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" ` +
    `font-family="sans-serif" font-size="12" fill="#333">`,
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    `<text x="${LEFT}" y="20" font-size="14">${escaped(title)}</text>`,
    ...memory,
    ...latency,
    "</svg>\n",
  ].join("\n");
}

/** How values become heights, 0 to 1, and the values that are labelled. */
interface Scale {
  readonly labels: readonly number[];
  height(value: number): number;
}

/** A scale from 0 on. */
function fromZero(values: readonly number[]): Scale {
  const most = roundUp(Math.max(...values));
  return {
    labels: [0, 1, 2, 3, 4].map((step) => most * step / 4),
    height: (value) => value / most,
  };
}

/** A logarithmic scale: one slow sample does not flatten all others. */
function decades(values: readonly number[]): Scale {
  const first = Math.floor(Math.log10(Math.min(...values)));
  const last = Math.max(first + 1, Math.ceil(Math.log10(Math.max(...values))));
  const labels: number[] = [];
  for (let power = first; power <= last; power++) labels.push(10 ** power);
  return {
    labels,
    height: (value) => (Math.log10(value) - first) / (last - first),
  };
}

/** Returns a panel whose upper edge is at `top`. */
function panel(
  title: string,
  hours: readonly number[],
  top: number,
  scaleOf: (values: readonly number[]) => Scale,
  lines: readonly Line[],
): string[] {
  const scale = scaleOf(
    lines.flatMap(({ values }) => values.filter((one) => one > 0)),
  );
  const end = hours[hours.length - 1];
  const x = (hour: number) => LEFT + hour / end * (WIDTH - LEFT - RIGHT);
  const y = (value: number) => top + HEIGHT - scale.height(value) * HEIGHT;
  const parts: string[] = [];
  for (const value of scale.labels) {
    const at = y(value).toFixed(0);
    parts.push(
      `<path d="M${LEFT} ${at}H${WIDTH - RIGHT}" stroke="#e3e3e3"/>`,
      `<text x="${LEFT - 6}" y="${+at + 4}" text-anchor="end">${
        shortNumber(value)
      }</text>`,
    );
  }
  for (let step = 0; step <= 6; step++) {
    const hour = end * step / 6;
    parts.push(
      `<text x="${x(hour).toFixed(0)}" y="${top + HEIGHT + 16}" ` +
        `text-anchor="middle">${shortNumber(hour)} h</text>`,
    );
  }
  let column = LEFT + 8;
  for (const { name, color, values } of lines) {
    const points = values.flatMap((value, index) =>
      isNaN(value)
        ? []
        : [`${x(hours[index]).toFixed(1)},${y(value).toFixed(1)}`]
    );
    parts.push(
      `<polyline points="${points.join(" ")}" fill="none" stroke="${color}" ` +
        `stroke-width="1.5"/>`,
      `<text x="${column}" y="${top + 14}" fill="${color}">${name}</text>`,
    );
    column += name.length * 7 + 20;
  }
  parts.push(
    `<text x="${WIDTH - RIGHT}" y="${
      top + 14
    }" text-anchor="end">${title}</text>`,
  );
  return parts;
}

/** Returns the next of 1, 2, 4, 8, 10, 20, ... that is not below `value`. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const digit = [1, 2, 4, 8, 10].find((one) => one * power >= value)!;
  return digit * power;
}

function shortNumber(value: number): string {
  return String(Number(value.toPrecision(3)));
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
