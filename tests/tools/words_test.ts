import assert from "node:assert/strict";
import { type Commands, runProgram } from "../../src/cli/program.ts";

const root = new URL("../../", import.meta.url);

/** Phrases that hide who does what from a reader. */
const PHRASES = [
  "is told",
  "are told",
  "goes by",
  "is let in",
  "be let in",
  "put out",
  "stranger",
  "strangers",
  "whoever",
  "nobody",
];

const PHRASE = new RegExp(`\\b(?:${PHRASES.join("|")})\\b`, "i");

/** A sentence that begins so; also behind the mark of a list, or a colon. */
const BEGINNING =
  /(?:^|[.!?:|>#*`-]\s+)(?:Who|What|Whoever|Whom)\b(?!.*\?\s*$)/m;

/** The first phrase of `text` that is not wanted, with what is around it. */
function foundIn(text: string): string | null {
  const match = PHRASE.exec(text) ?? BEGINNING.exec(text);
  if (match === null) return null;
  const begin = Math.max(0, match.index - 30);
  return text.slice(begin, match.index + 50).replaceAll("\n", " ");
}

/** The sentences of a document: no code, no headings, which are questions. */
function proseOf(markdown: string): string {
  return markdown.replaceAll(/^```[\s\S]*?^```/gm, "")
    .replaceAll(/`[^`]*`/g, "`").replaceAll(/^#+ .*$/gm, "");
}

async function* sources(folder: URL): AsyncGenerator<URL> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) yield* sources(new URL(`${name}/`, folder));
    else if (name.endsWith(".ts")) yield new URL(name, folder);
  }
}

/** Calls `visit` with the text of each string of a source. */
function stringsOf(visit: (text: string) => void): Deno.lint.Plugin {
  return {
    name: "strings",
    rules: {
      all: {
        create: () => ({
          Literal(node) {
            if (typeof node.value === "string") visit(node.value);
          },
          TemplateElement(node) {
            visit(node.cooked);
          },
        }),
      },
    },
  };
}

Deno.test("words: the phrases that are not wanted are found, and plain ones are not", () => {
  for (
    const text of [
      "the client is told so",
      "Whoever has it",
      "because nobody could come in",
      "type: Who is asked",
      "It ends. What comes then is new.",
      "- What it is about",
    ]
  ) assert.notEqual(foundIn(text), null, text);
  for (
    const text of ["What is wrong?", "the file says what it holds", "untold"]
  ) assert.equal(foundIn(text), null, text);
});

Deno.test("words: no text of the program for people has a phrase that hides who does what", async () => {
  const found: string[] = [];
  let count = 0;
  for await (const file of sources(new URL("src/", root))) {
    const path = file.pathname.slice(root.pathname.length);
    const visit = (text: string) => {
      count++;
      const phrase = foundIn(text);
      if (phrase !== null) found.push(`${path}: ${phrase}`);
    };
    Deno.lint.runPlugin(
      stringsOf(visit),
      "source.ts",
      await Deno.readTextFile(file),
    );
  }
  assert.ok(count > 5_000, `${count} strings`);
  assert.deepEqual(found, []);
});

/** The comments of a source, each in one line; code between backticks left out. */
function commentsOf(source: string): string[] {
  const found = source.matchAll(/\/\*[\s\S]*?\*\/|(?:^ *\/\/.*\n)+|\/\/ .*$/gm);
  return [...found].map(([text]) =>
    text.replaceAll(/\n *(?:\*|\/\/)/g, " ").replaceAll(/`[^`]*`/g, "`")
      .replace(/^\W+/, "").replaceAll(/\s+/g, " ")
  );
}

Deno.test("words: nor has a comment", async () => {
  const found: string[] = [];
  let count = 0;
  for await (const file of sources(new URL("src/", root))) {
    const path = file.pathname.slice(root.pathname.length);
    for (const comment of commentsOf(await Deno.readTextFile(file))) {
      count++;
      const phrase = foundIn(comment);
      if (phrase !== null) found.push(`${path}: ${phrase}`);
    }
  }
  assert.ok(count > 5_000, `${count} comments`);
  assert.deepEqual(found, []);
});

Deno.test("words: nor has a document or the example of all settings", async () => {
  const paths = ["README.md", "config.example.toml"];
  for await (const { name } of Deno.readDir(new URL("docs/", root))) {
    if (name.endsWith(".md")) paths.push(`docs/${name}`);
  }
  const found: string[] = [];
  for (const path of paths) {
    const text = await Deno.readTextFile(new URL(path, root));
    const prose = path.endsWith(".md") ? proseOf(text) : text;
    for (const line of prose.split("\n")) {
      const phrase = foundIn(line);
      if (phrase !== null) found.push(`${path}: ${phrase}`);
    }
  }
  assert.deepEqual(found, []);
});

/** The help of a command and of all below it, by their names. */
async function* helps(
  names: readonly string[] = [],
): AsyncGenerator<readonly [name: string, text: string]> {
  let text = "";
  const none = () => Promise.resolve(0);
  const commands = {
    ...{ serve: none, check: none, store: none, passwd: none, authority: none },
    ...{
      importMosquitto: none,
      admin: none,
      explain: none,
      service: none,
      completion: none,
    },
  } as unknown as Commands;
  const output = { out: (part: string) => text += part, err() {} };
  assert.equal(await runProgram([...names, "--help"], commands, output), 0);
  yield [`dunlin ${names.join(" ")}`, text];
  const [, list = ""] = text.split("\nCommands:\n");
  for (const [, name] of list.split("\n\n")[0].matchAll(/^ {2}(\w+)/gm)) {
    if (name !== "help") yield* helps([...names, name]);
  }
}

Deno.test("words: nor has the help of a command", async () => {
  const found: string[] = [];
  let count = 0;
  for await (const [name, text] of helps()) {
    count++;
    // Long texts are broken into lines.
    const phrase = foundIn(text.replaceAll(/\n +(?=\S)/g, " "));
    if (phrase !== null) found.push(`${name}: ${phrase}`);
  }
  assert.ok(count > 20, `${count} commands`);
  assert.deepEqual(found, []);
});
