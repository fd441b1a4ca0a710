/** Tests a row of dots. */
const ROW = 60;

/** Lines without a place of their own that are kept (see `#loose`). */
const MOST_LOOSE = 50;

/** How the lines of `deno test --parallel --reporter=pretty` end. */
const ENDED =
  /^(?:(\S+) => ?)?(.*) \.\.\. (ok|FAILED|ignored|cancelled)(?: \(.*\))?$/;

const dots: Readonly<Record<string, string>> = { ok: ".", ignored: "," };

/**
 * Makes few lines of what `deno test` prints: a dot for each test, those that
 * fail by name as soon as they do, their errors at the end. `write` is given
 * text as it is due.
 */
export class TestProgress {
  /** Files that failed outside of their tests; the report lacks them. */
  readonly broken: string[] = [];
  readonly #write: (text: string) => void;
  /** Tests that ended. */
  #count = 0;
  /** Whether the row of dots is unfinished. */
  #isWithinRow = false;
  #part: "tests" | "errors" | "end" = "tests";
  /** What was printed since a test ended: what a failed one has to say. */
  #loose: string[] = [];

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  /** Takes the next line of its output. */
  line(text: string): void {
    const plain = withoutColors(text);
    if (plain === " ERRORS ") return this.#begin("errors");
    if (plain === " FAILURES ") return this.#begin("end");
    if (this.#part === "tests") this.#test(text, plain);
    else if (this.#part === "errors" && !isOfRunner(plain)) {
      this.#write(`${text}\n`);
    }
  }

  /** Takes a line of its error output. */
  errorLine(text: string): void {
    const plain = withoutColors(text);
    if (isNoise(plain)) return;
    this.#breakRow();
    this.#write(`${text}\n`);
  }

  /** Ends the output; `isWhole` says whether `deno test` ended by itself. */
  end(isWhole: boolean): void {
    this.#breakRow();
    if (!isWhole) this.#writeLoose();
  }

  #test(text: string, plain: string): void {
    if (/^running \d+ tests? from /.test(plain) || plain === "") return;
    const [, broken] = /^Uncaught error from (.*) FAILED$/.exec(plain) ?? [];
    if (broken !== undefined) {
      this.broken.push(broken);
      return this.#tell(`FAILED ${broken}: an error outside of its tests`);
    }
    const [, file, name, state] = ENDED.exec(plain) ?? [];
    if (state === undefined) {
      this.#loose.push(text);
      if (this.#loose.length > MOST_LOOSE) this.#loose.shift();
      return;
    }
    // Steps count with their test.
    if (name.includes(" ... ")) return;
    this.#dot(dots[state] ?? "!");
    if (state === "FAILED") {
      this.#tell(`FAILED ${file === undefined ? "" : `${file}: `}${name}`);
    }
    this.#loose = [];
  }

  #begin(part: "errors" | "end"): void {
    if (this.#part === "tests") this.#breakRow();
    if (part === "errors") this.#write("\nErrors of failed tests:\n");
    this.#part = part;
  }

  #dot(dot: string): void {
    this.#write(dot);
    this.#count++;
    this.#isWithinRow = true;
    if (this.#count % ROW === 0) this.#breakRow();
  }

  #breakRow(): void {
    if (this.#isWithinRow) this.#write(` ${this.#count}\n`);
    this.#isWithinRow = false;
  }

  #tell(text: string): void {
    this.#breakRow();
    this.#write(`${text}\n`);
    this.#writeLoose();
  }

  #writeLoose(): void {
    for (const line of this.#loose.splice(0)) this.#write(`  ${line}\n`);
  }
}

/** Frames of the test runner itself, in a stack. */
function isOfRunner(plain: string): boolean {
  return /^\s+at .*\(ext:/.test(plain);
}

/** What Deno says of its own work. */
function isNoise(plain: string): boolean {
  return plain === "" || plain === "error: Test failed" ||
    /^(Download|Initialize|Check|Installed) /.test(plain);
}

/** The text without what colors it in a terminal. */
export function withoutColors(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replaceAll(/\x1b\[[\d;]*m/g, "");
}
