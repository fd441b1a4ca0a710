/** A fenced block of a document. */
export interface Block {
  /** Language of the fence: `sh`, `toml`, `json`; empty for output. */
  readonly language: string;
  /** All between the fences. */
  readonly text: string;
  /** Line of the opening fence, from 1. */
  readonly line: number;
  /** Heading above it; two blocks with one heading belong together. */
  readonly section: number;
  /** Text of the HTML comment right before it; empty without one. */
  readonly note: string;
}

/** A command of a document, with what the document says of it. */
export interface Step {
  /** The `sh` block. */
  readonly block: Block;
  /** Why it is not run; null when it is. */
  readonly skipped: string | null;
  /** Settings shown before it, not yet used by another step; or null. */
  readonly settings: string | null;
  /** Whether these are said to have mistakes: the command exits with 1. */
  readonly isMistaken: boolean;
  /** Output shown behind it, in the same section; or null. */
  readonly output: string | null;
  /** Files whose content is shown behind it, in the same section. */
  readonly files: ReadonlyMap<string, string>;
}

const FENCE = /^```(\w*)$/;
const NOTE = /^<!-- (.+) -->$/;

/** Returns the fenced blocks of a Markdown text, in order. */
export function blocksOf(text: string): Block[] {
  const lines = text.split("\n");
  const blocks: Block[] = [];
  let section = 0;
  let note = "";
  for (let at = 0; at < lines.length; at++) {
    const language = FENCE.exec(lines[at])?.[1];
    if (language !== undefined) {
      const end = lines.indexOf("```", at + 1);
      const inside = lines.slice(at + 1, end).join("\n") + "\n";
      blocks.push({ language, text: inside, line: at + 1, section, note });
      at = end;
    }
    if (lines[at].startsWith("#")) section++;
    if (lines[at] !== "") note = NOTE.exec(lines[at])?.[1] ?? "";
  }
  return blocks;
}

/** Returns the commands of a Markdown text, in order. */
export function stepsOf(text: string): Step[] {
  const blocks = blocksOf(text);
  const steps: Step[] = [];
  let settings: Block | null = null;
  for (const [index, block] of blocks.entries()) {
    if (block.language === "toml") settings = block;
    if (block.language !== "sh") continue;
    const behind = shownBehind(blocks, index);
    steps.push({
      block,
      skipped: /^not run: (.+)/.exec(block.note)?.[1] ?? null,
      settings: settings?.text ?? null,
      isMistaken: settings?.note === "with mistakes",
      output: behind.find(({ note, language }) =>
        note === "" && language === ""
      )?.text ?? null,
      files: new Map(
        behind.flatMap(({ note, text }) => {
          const name = /^file: (.+)/.exec(note)?.[1];
          return name === undefined ? [] : [[name, text] as const];
        }),
      ),
    });
    settings = null;
  }
  return steps;
}

/** Blocks of the same section up to the next command. */
function shownBehind(blocks: readonly Block[], index: number): Block[] {
  const { section } = blocks[index];
  const shown: Block[] = [];
  for (const block of blocks.slice(index + 1)) {
    if (block.section !== section || block.language === "sh") break;
    shown.push(block);
  }
  return shown;
}
