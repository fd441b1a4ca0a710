import assert from "node:assert/strict";
import { parse } from "smol-toml";
import { Positions } from "../../src/config/text/positions.ts";

type Path = (string | number)[];

/** `line:column` of the key and of the value at `path`. */
function places(text: string, path: Path): [key: string, value: string] {
  parse(text); // the text must be TOML, or the test proves nothing
  const positions = new Positions(text);
  const key = positions.key(path);
  const value = positions.value(path);
  return [`${key.line}:${key.column}`, `${value.line}:${value.column}`];
}

const cases: readonly [
  what: string,
  text: string,
  path: Path,
  key: string,
  value: string,
][] = [
  ["a key at the top", "a = 1", ["a"], "1:1", "1:5"],
  ["a key in a table", "\n[t]\n  a  =  1", ["t", "a"], "3:3", "3:9"],
  ["a table", "x = 1\n[t]", ["t"], "2:2", "2:1"],
  ["a dotted table", "[a.b]\nc = 1", ["a", "b", "c"], "2:1", "2:5"],
  ["a dotted key", "a.b.c = 1", ["a", "b", "c"], "1:5", "1:9"],
  ["part of a dotted key", "x.y.z = 1", ["x", "y"], "1:3", "1:9"],
  ["spaces around dots", "a . b = 1", ["a", "b"], "1:5", "1:9"],
  ["a quoted key", `"a.b" = 1`, ["a.b"], "1:1", "1:9"],
  ["an escaped key", `"a\\u0062" = 1`, ["ab"], "1:1", "1:13"],
  ["a literal key", `'a\\' = 1`, ["a\\"], "1:1", "1:8"],
  [
    "a table of an array",
    "[[l]]\na=1\n[[l]]\na=2",
    ["l", 1, "a"],
    "4:1",
    "4:3",
  ],
  ["the array itself", "[[l]]\n[[l]]", ["l"], "1:3", "1:1"],
  ["one of the array", "[[l]]\n[[l]]", ["l", 1], "2:3", "2:1"],
  [
    "a table below one of an array",
    "[[l]]\n[l.t]\na=1\n[[l]]\n[l.t]\na=2",
    ["l", 1, "t", "a"],
    "6:1",
    "6:3",
  ],
  [
    "an array below one of an array",
    "[[l]]\n[[l.m]]\n[[l]]\n[[l.m]]\n[[l.m]]\na=1",
    ["l", 1, "m", 1, "a"],
    "6:1",
    "6:3",
  ],
  ["an inline table", "t = { a = 1, b = 2 }", ["t", "b"], "1:14", "1:18"],
  ["nested inline tables", "t={a={b=1}}", ["t", "a", "b"], "1:7", "1:9"],
  ["an item of a list", "l = [1, 22, 3]", ["l", 2], "1:13", "1:13"],
  [
    "a list over lines",
    "l = [ # [not\n  1,\n  # 2\n  3,\n]\nb = 1",
    ["b"],
    "6:1",
    "6:5",
  ],
  ["tables in a list", "l=[{a=1},{a=2}]", ["l", 1, "a"], "1:11", "1:13"],
  ["after a comment", "# a = 1\nb = 2 # c = 3\nc = 4", ["c"], "3:1", "3:5"],
  ["after a string with brackets", `a = "]} # ["\nb = 1`, ["b"], "2:1", "2:5"],
  ["after an escaped quote", `a = "x\\"y"\nb = 1`, ["b"], "2:1", "2:5"],
  [
    "after a long string",
    `a = """\nb = 2\n""\\"\n"""""\nb = 1`,
    ["b"],
    "5:1",
    "5:5",
  ],
  [
    "after a long literal string",
    "a = '''\nb = '2'\n'''\nb = 1",
    ["b"],
    "4:1",
    "4:5",
  ],
  ["carriage returns", "a = 1\r\nb = 2\r\n", ["b"], "2:1", "2:5"],
  ["what is missing, by its table", "[t]\na = 1", ["t", "x"], "1:2", "1:1"],
  ["what is missing altogether", "a = 1", ["x"], "1:1", "1:1"],
  ["nothing at all", "", ["x"], "1:1", "1:1"],
];
for (const [what, text, path, key, value] of cases) {
  Deno.test(`positions: ${what}`, () => {
    assert.deepEqual(places(text, path), [key, value]);
  });
}

Deno.test("positions: text that is not TOML ends too", () => {
  for (
    const text of ["[[[", "a = [", "a = {", `"`, "= = =", "a.", "]]]", "{"]
  ) {
    assert.ok(new Positions(text).key(["a"]).line >= 1);
  }
});
