import type { Random } from "../support/random.ts";

/** A JSON Schema, as the OpenAPI document has it. */
// deno-lint-ignore no-explicit-any
export type Schema = Readonly<Record<string, any>>;

/** Texts that break what takes them for something else. */
const TEXTS = [
  "",
  " ",
  ".",
  "..",
  "../../etc/passwd",
  "%2e%2e%2f",
  "a\r\nset-cookie: x=y",
  "\0",
  "\ud800",
  "#",
  "a/+/b",
  "$SYS/broker/uptime",
  "$share/g/a",
  "__proto__",
  "constructor",
  "<script>alert(1)</script>",
  "' or 1=1 --",
  "{{7*7}}",
  "9".repeat(400),
  "/".repeat(300),
  "x".repeat(70_000),
  "grüße",
  "AAE=",
  "null",
];

const NUMBERS = [0, -1, 1, 2, 3, 0.5, 65_536, 2 ** 32, 2 ** 53, 1e308, -0];

/** Returns a value that fits `schema`, or nearly so, or not at all. */
export function valueFor(schema: Schema, random: Random, depth = 0): unknown {
  if (random.chance(0.12) || depth > 6) return anything(random, depth);
  const options = schema.anyOf ?? schema.oneOf;
  if (options !== undefined) {
    return valueFor(random.pick(options as Schema[]), random, depth);
  }
  if (schema.enum !== undefined) return random.pick(schema.enum as unknown[]);
  if (schema.const !== undefined) return schema.const;
  switch (schema.type) {
    case "object":
      return objectFor(schema, random, depth);
    case "array":
      return listFor(schema, random, depth);
    case "integer":
    case "number":
      return random.pick(NUMBERS);
    case "boolean":
      return random.chance(0.5);
    case "null":
      return null;
    case "string":
      return random.chance(0.5) ? "sensors/1" : random.pick(TEXTS);
  }
  return anything(random, depth);
}

function objectFor(schema: Schema, random: Random, depth: number): unknown {
  const value: Record<string, unknown> = Object.create(null);
  for (const [name, one] of Object.entries(schema.properties ?? {})) {
    const isNeeded = schema.required?.includes(name) ?? false;
    if (random.chance(isNeeded ? 0.97 : 0.5)) {
      value[name] = valueFor(one as Schema, random, depth + 1);
    }
  }
  if (random.chance(0.05)) value[random.pick(TEXTS)] = 1;
  return value;
}

function listFor(schema: Schema, random: Random, depth: number): unknown {
  const items: unknown[] = [];
  const parts: Schema[] = schema.prefixItems ?? [];
  for (const part of parts) items.push(valueFor(part, random, depth + 1));
  const more = parts.length > 0 && !random.chance(0.1) ? 0 : random.below(4);
  for (let at = 0; at < more; at++) {
    items.push(valueFor(schema.items ?? {}, random, depth + 1));
  }
  return items;
}

function anything(random: Random, depth: number): unknown {
  const deep = depth > 8 ? 4 : 6;
  switch (random.below(deep)) {
    case 0:
      return null;
    case 1:
      return random.pick(TEXTS);
    case 2:
      return random.pick(NUMBERS);
    case 3:
      return random.chance(0.5);
    case 4:
      return [anything(random, depth + 1), anything(random, depth + 1)];
  }
  return { [random.pick(TEXTS)]: anything(random, depth + 1) };
}

/** Returns a text for a path or a header. */
export function textFor(random: Random): string {
  return random.pick(TEXTS).slice(0, 2000);
}
