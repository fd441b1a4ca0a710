import type { MetricNames } from "../../config/mod.ts";
import type { HistogramFigures, StatusFigures } from "../protocol/mod.ts";
import { families } from "./families.ts";
import type { Family, Labels } from "./family.ts";
import { mosquittoFamilies } from "./mosquitto_families.ts";

/** Format of the text: that of Prometheus, or OpenMetrics 1.0. */
export type MetricsFormat = "classic" | "openmetrics";

/** Media types of the formats. */
export const MEDIA_TYPES: Readonly<Record<MetricsFormat, string>> = {
  classic: "text/plain; version=0.0.4; charset=utf-8",
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
};

/**
 * Returns the text of `/metrics`.
 *
 * OpenMetrics has no type for counters here: with one, HELP belongs to the name
 * without `_total`, and `promtool check metrics` asks for HELP of each sample.
 */
export function metricsText(
  figures: StatusFigures,
  format: MetricsFormat,
  names: MetricNames,
): string {
  const isOpen = format === "openmetrics";
  const lines: string[] = [];
  const all = names === "dunlin" ? families : mosquittoFamilies(figures);
  for (const family of all) addFamily(lines, family, figures, isOpen);
  if (isOpen) lines.push("# EOF");
  return `${lines.join("\n")}\n`;
}

/** Adds the lines of a family; none where it has no values. */
export function addFamily(
  lines: string[],
  family: Family,
  figures: StatusFigures,
  isOpen: boolean,
): void {
  const { type, help, histogram } = family;
  const name = type === "counter" ? `${family.name}_total` : family.name;
  const samples = family.samples(figures);
  if (samples.length === 0 && histogram === undefined) return;
  lines.push(`# HELP ${name} ${escapeHelp(help)}`);
  const isTyped = !isOpen || type === "gauge" || type === "histogram";
  if (isTyped) lines.push(`# TYPE ${name} ${type}`);
  for (const [labels, value] of samples) {
    lines.push(`${name}${labelText(labels)} ${value}`);
  }
  if (histogram !== undefined) {
    addHistogram(lines, name, histogram(figures), isOpen);
  }
}

/** Adds the buckets, each with all that are below it. */
function addHistogram(
  lines: string[],
  name: string,
  { bounds, counts, count, sum }: HistogramFigures,
  isOpen: boolean,
): void {
  let below = 0;
  bounds.forEach((bound, index) => {
    below += counts[index];
    const isWhole = isOpen && Number.isInteger(bound);
    const le = isWhole ? `${bound}.0` : String(bound);
    lines.push(`${name}_bucket${labelText({ le })} ${below}`);
  });
  lines.push(
    `${name}_bucket${labelText({ le: "+Inf" })} ${count}`,
    `${name}_sum ${sum}`,
    `${name}_count ${count}`,
  );
}

function labelText(labels: Labels): string {
  const all = Object.entries(labels).map(([name, value]) =>
    `${name}="${escapeLabel(value)}"`
  );
  return all.length === 0 ? "" : `{${all.join(",")}}`;
}

function escapeLabel(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')
    .replaceAll("\n", "\\n");
}

/** Our own words have none of these characters; names of listeners might. */
function escapeHelp(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

/**
 * Chooses the format by the `Accept` header. The classic text comes first where a
 * reader takes both, as it has the types of counters.
 */
export function formatOf(accept: string | null): MetricsFormat {
  const weights = { classic: 0, openmetrics: 0 };
  for (const part of (accept ?? "*/*").split(",")) {
    const [type, ...parameters] = part.trim().toLowerCase().split(";");
    const q = parameters.map((one) => /^\s*q=([\d.]+)\s*$/.exec(one)?.[1])
      .find((one) => one !== undefined);
    const weight = q === undefined ? 1 : Number(q);
    if (type.trim() === "application/openmetrics-text") {
      weights.openmetrics = Math.max(weights.openmetrics, weight);
    } else if (/^(text\/plain|text\/\*|\*\/\*)$/.test(type.trim())) {
      weights.classic = Math.max(weights.classic, weight);
    }
  }
  return weights.classic > 0 || weights.openmetrics === 0
    ? "classic"
    : "openmetrics";
}
