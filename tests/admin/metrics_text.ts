import assert from "node:assert/strict";

/** A family of a text, as it was parsed. */
export interface ParsedFamily {
  readonly help: string;
  /** Null for one without TYPE. */
  type: string | null;
  /** Values by name and labels, as the text has them. */
  readonly samples: Map<string, number>;
}

const NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const SAMPLE = /^([a-zA-Z_][a-zA-Z0-9_]*)(?:\{(.*)\})? (\S+)$/;
const LABELS =
  /^[a-z_]+="(?:[^"\\\n]|\\["\\n])*"(,[a-z_]+="(?:[^"\\\n]|\\["\\n])*")*$/;

/**
 * Parses a text of metrics as strictly as both formats want it: each family
 * stands together, with HELP, TYPE and samples in this order; each sample belongs
 * to the family above it; no family and no sample comes twice.
 */
export function parseMetrics(
  text: string,
  isOpen: boolean,
): Map<string, ParsedFamily> {
  const families = new Map<string, ParsedFamily>();
  const lines = text.split("\n");
  assert.equal(lines.pop(), "", "the last line ends");
  if (isOpen) assert.equal(lines.pop(), "# EOF");
  let [name, family]: [string, ParsedFamily | null] = ["", null];
  for (const line of lines) {
    const [, word, of, rest] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (word === "HELP") {
      assert.match(of, NAME);
      assert.ok(!families.has(of), `${of} comes twice`);
      assert.doesNotMatch(rest, /(?<!\\)\\(?![\\n])/);
      family = { help: rest, type: null, samples: new Map() };
      families.set(name = of, family);
    } else if (word === "TYPE") {
      assert.equal(of, name);
      assert.deepEqual([family!.type, family!.samples.size], [null, 0]);
      const types = ["counter", "gauge", "histogram"];
      assert.ok([...types, ...isOpen ? [] : ["untyped"]].includes(rest), rest);
      family!.type = rest;
    } else addSample(line, name, family!);
  }
  for (const [of, one] of families) checkFamily(of, one, isOpen);
  return families;
}

function addSample(line: string, name: string, family: ParsedFamily): void {
  const found = SAMPLE.exec(line);
  assert.ok(found !== null, `no sample: ${line}`);
  const [, of, labels, value] = found;
  if (labels !== undefined) assert.match(labels, LABELS);
  const names = family.type === "histogram"
    ? [`${name}_bucket`, `${name}_sum`, `${name}_count`]
    : [name];
  assert.ok(names.includes(of), `${of} stands below ${name}`);
  const key = line.slice(0, line.lastIndexOf(" "));
  assert.ok(!family.samples.has(key), `${key} comes twice`);
  assert.ok(value !== "" && Number.isFinite(Number(value)), line);
  family.samples.set(key, Number(value));
}

function checkFamily(
  name: string,
  { type, samples, help }: ParsedFamily,
  isOpen: boolean,
): void {
  assert.ok(samples.size > 0, `${name} has no sample`);
  assert.ok(help.length > 5);
  if (type === "counter") {
    assert.ok(!isOpen, `in OpenMetrics HELP would belong to another name`);
    assert.match(name, /_total$/);
  }
  if (type === "gauge") assert.doesNotMatch(name, /_(total|count|sum|bucket)$/);
  if (type !== "histogram") return;
  const buckets = [...samples].filter(([key]) => key.includes("_bucket{"));
  const counts = buckets.map(([, count]) => count);
  assert.deepEqual(counts, counts.toSorted((a, b) => a - b), name);
  const bounds = buckets.map(([key]) => /le="([^"]+)"/.exec(key)![1]);
  assert.equal(bounds.at(-1), "+Inf");
  if (isOpen) {
    for (const bound of bounds.slice(0, -1)) assert.match(bound, /\.\d/);
  }
  assert.equal(counts.at(-1), samples.get(`${name}_count`));
}
