/**
 * Lists the numbered statements of both specifications that have neither a
 * test nor an explanation. A test says what it covers in its name:
 * `"3.1.1 [MQTT-3.1.2-3] 5.0 [MQTT-3.1.2-3] what is shown"`.
 * Exits with 1 when the list is not empty.
 */
import { STATEMENTS_3_1_1 } from "../tests/conformance/statements_3_1_1.ts";
import { STATEMENTS_5_0 } from "../tests/conformance/statements_5_0.ts";
import type { Statement } from "../tests/conformance/statement.ts";

/** What the list and the tests say about one specification. */
export interface Coverage {
  readonly version: string;
  readonly statements: number;
  readonly tested: number;
  readonly explained: number;
  /** Statements with neither a test nor an explanation. */
  readonly missing: readonly Statement[];
  /** Ids in test names that the specification does not have. */
  readonly unknown: readonly string[];
}

const TESTS = new URL("../tests/conformance/", import.meta.url);
const NAME = /["`]((?:(?:3\.1\.1|5\.0|\[MQTT-[\d.]+-\d+\]) )+)/g;

/** Ids named by tests, a set for each version, read from the sources. */
async function testedIds(): Promise<Map<string, Set<string>>> {
  const tested = new Map([
    ["3.1.1", new Set<string>()],
    ["5.0", new Set<string>()],
  ]);
  for await (const entry of Deno.readDir(TESTS)) {
    if (!entry.name.endsWith("_test.ts")) continue;
    const source = await Deno.readTextFile(new URL(entry.name, TESTS));
    for (const [, prefix] of source.matchAll(NAME)) {
      collect(prefix.trim().split(" "), tested);
    }
  }
  return tested;
}

function collect(words: string[], tested: Map<string, Set<string>>): void {
  let ids: Set<string> | undefined;
  for (const word of words) {
    if (tested.has(word)) ids = tested.get(word);
    else ids?.add(word.slice("[MQTT-".length, -1));
  }
}

function compare(
  version: string,
  statements: readonly Statement[],
  tested: ReadonlySet<string>,
): Coverage {
  const known = new Set(statements.map((statement) => statement.id));
  return {
    version,
    statements: statements.length,
    tested: statements.filter((one) => tested.has(one.id)).length,
    explained:
      statements.filter((one) => !tested.has(one.id) && one.untestable).length,
    missing: statements.filter((one) =>
      !tested.has(one.id) && one.untestable === undefined
    ),
    unknown: [...tested].filter((id) => !known.has(id)),
  };
}

/** Compares the lists of both specifications with the tests' names. */
export async function coverage(): Promise<Coverage[]> {
  const tested = await testedIds();
  return [
    compare("3.1.1", STATEMENTS_3_1_1, tested.get("3.1.1")!),
    compare("5.0", STATEMENTS_5_0, tested.get("5.0")!),
  ];
}

if (import.meta.main) {
  let bad = false;
  for (const one of await coverage()) {
    console.log(
      `MQTT ${one.version}: ${one.statements} statements, ` +
        `${one.tested} tested, ${one.explained} explained, ` +
        `${one.missing.length} without either`,
    );
    for (const { id, binds, summary } of one.missing) {
      console.log(`  [MQTT-${id}] (${binds}) ${summary}`);
    }
    for (const id of one.unknown) console.log(`  no such statement: ${id}`);
    bad ||= one.missing.length + one.unknown.length > 0;
  }
  if (bad) Deno.exit(1);
}
