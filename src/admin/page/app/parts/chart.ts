/// <reference lib="dom" />
import { html } from "htm/preact";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import type { View } from "./view.ts";
import { isDark } from "./theme.ts";

/** A line of a chart. */
export interface Line {
  readonly name: string;
  readonly values: readonly (number | null)[];
}

/** Parts of a chart. */
export interface ChartParts {
  readonly title: string;
  /** Seconds since 1970. */
  readonly times: readonly number[];
  readonly lines: readonly Line[];
  readonly shown: (value: number) => string;
}

const HEIGHT = 180;

/** Lines over the last hour. Its legend has the latest values, as text. */
export function Chart({ title, times, lines, shown }: ChartParts): View {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const dark = isDark.value;
  useEffect(() => {
    const width = box.current!.clientWidth;
    const made = new uPlot(optionsOf(lines, shown, width), [[]], box.current!);
    plot.current = made;
    const observer = new ResizeObserver(([{ contentRect }]) => {
      made.setSize({ width: contentRect.width, height: HEIGHT });
    });
    observer.observe(box.current!);
    return () => {
      observer.disconnect();
      made.destroy();
    };
  }, [dark]);
  useEffect(() => {
    plot.current!.setData([
      times as number[],
      ...lines.map(({ values }) => values as number[]),
    ]);
  });
  const last = lines.map(({ name, values }) =>
    `${name} ${shown(values.at(-1) ?? NaN)}`
  );
  const label = `${title} over the last hour. Now: ${last.join(", ")}`;
  return html`
    <div class="chart">
      <ul class="legend">
        ${lines.map(({ name, values }, index) =>
          html`
            <li
              key=${name}><span class="dot line${index +
                1}"></span>${name}${" "}<strong>${shown(
                  values.at(-1) ?? NaN,
                )}</strong></li>
          `
        )}
      </ul>
      <div ref=${box} class="plot" role="img" aria-label=${label}></div>
    </div>
  `;
}

function optionsOf(
  lines: readonly Line[],
  shown: (value: number) => string,
  width: number,
): uPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const color = (name: string) => style.getPropertyValue(name).trim();
  const axis: uPlot.Axis = {
    stroke: color("--dim"),
    font: "12px system-ui, sans-serif",
    grid: { stroke: color("--rule"), width: 1 },
    ticks: { show: false },
  };
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { drag: { x: false, y: false } },
    scales: { y: { range: (_, __, most) => [0, most > 0 ? most * 1.1 : 1] } },
    axes: [
      {
        ...axis,
        size: 28,
        values: (_, at) => at.map(hourAndMinute),
        space: 70,
      },
      { ...axis, size: 64, values: (_, all) => all.map(shown) },
    ],
    series: [
      {},
      ...lines.map((_, index): uPlot.Series => ({
        stroke: color(`--line${index + 1}`),
        width: 2,
        points: { show: false },
      })),
    ],
  };
}

function hourAndMinute(seconds: number): string {
  return new Date(seconds * 1000).toLocaleTimeString("en-GB").slice(0, 5);
}

/** A small line without axes; what it shows is beside it as text. */
export function Spark(
  { values }: { values: readonly (number | null)[] },
): View {
  const known = values.filter((value) => value !== null);
  const most = Math.max(...known, 0);
  const least = Math.min(...known, most);
  const span = most - least || 1;
  const points = values.flatMap((value, index) => {
    if (value === null) return [];
    const x = 100 * index / Math.max(1, values.length - 1);
    return [`${x.toFixed(1)},${(22 - 20 * (value - least) / span).toFixed(1)}`];
  });
  return html`
    <svg class="spark" viewBox="0 0 100 24" preserveAspectRatio="none"
      aria-hidden="true">
      <polyline points=${points.join(" ")} />
    </svg>
  `;
}
