import assert from "node:assert/strict";
import { placesOf, wordsOf } from "../../src/cli/completion/command_tree.ts";
import { type Commands, programOf } from "../../src/cli/program.ts";
import { settingWords } from "../../src/config/mod.ts";
import { plain } from "../../packaging/man/roff.ts";
import { manPages } from "../../packaging/man/main.ts";

const pages = manPages("2026-06-30");

/** Returns a page as it is read: without the signs of roff. */
function read(page: string): string {
  return page.replaceAll("\\-", "-").replaceAll("\\e", "\\")
    .replaceAll("\\(aq", "'");
}

Deno.test("man: dunlin(1) has every command and every option of it", () => {
  const output = { out: () => {}, err: () => {} };
  const program = programOf({} as Commands, output, () => {});
  const text = read(pages["dunlin.1"]);
  const sections = new Map(
    text.split("\n.SS ").slice(1).map((section) =>
      [section.slice(0, section.indexOf("\n")), section] as const
    ),
  );
  for (const { path, command } of placesOf(wordsOf(program))) {
    if (path.length === 0 || path.at(-1) !== command.names[0]) continue;
    const section = sections.get(path.join(" "));
    assert.ok(section, path.join(" "));
    // Help is the same everywhere, and groups have no other option.
    for (const { names, about } of command.options) {
      if (names.includes("--help")) continue;
      assert.ok(section.includes(names.at(-1)!), `${path.join(" ")} ${names}`);
      assert.ok(section.includes(about.slice(1)), about);
    }
  }
});

Deno.test("man: dunlin.toml(5) has every setting below its section", () => {
  const text = read(pages["dunlin.toml.5"]);
  for (const { name } of settingWords()) {
    const [section, ...rest] = name.replace(".0.", ".").split(".");
    const at = text.search(new RegExp(`^\\.SH \\[+${section}\\]`, "m"));
    assert.ok(at > 0, section);
    const below = text.slice(at).split(/\n\.SH /)[0];
    assert.match(below, new RegExp(`^\\.B ${rest.join(".")}( |$)`, "m"), name);
  }
});

Deno.test("man: no line begins with a sign of roff that is not meant", () => {
  const known = /^\.(TH|SH|SS|PP|TP|nf|fi|br|B|BR)( |$)/;
  for (const [name, page] of Object.entries(pages)) {
    for (const line of page.split("\n")) {
      if (/^[.']/.test(line)) assert.match(line, known, name);
    }
    assert.doesNotMatch(page, /^\.S[HS] .*\n\.PP$/m);
    // What stands for characters is known to every roff.
    const escapes = new Set(page.match(/\\(\(..|.)/g));
    for (const one of escapes) {
      assert.match(one, /^\\(\((aq|ga|ha|ti)|[-e&])$/, name);
    }
  }
});

Deno.test("man: text that looks like roff is printed as it is", () => {
  assert.equal(plain(".PP\nit's --x"), "\\&.PP\nit\\(aqs \\-\\-x");
  assert.equal(plain("C:\\new ~ `a` ^"), "C:\\enew \\(ti \\(gaa\\(ga \\(ha");
});
