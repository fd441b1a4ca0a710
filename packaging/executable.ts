import { createHash } from "node:crypto";
import { brotliCompressSync } from "node:zlib";
import { addSegment } from "./elf.ts";

/** The parts of an executable. */
export interface ExecutableParts {
  /** Deno's plain runtime for Linux. */
  readonly runtime: Uint8Array<ArrayBuffer>;
  /** The entry stub for the same processor (`packaging/stub/`). */
  readonly stub: Uint8Array;
  /** The program: files of one folder, by name; `main.js` is the first. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** The text of `bootstrap.js`. */
  readonly bootstrap: string;
  /** Arguments of `deno run` before the program. */
  readonly args: readonly string[];
}

/** Room for the segment of stub and arguments in memory (bytes). */
const SEGMENT = 0x10000;

/**
 * Returns one executable: the runtime, a segment with the stub and the
 * arguments, and behind it the program, packed.
 */
export function makeExecutable(
  { runtime, stub, files, bootstrap, args }: ExecutableParts,
): Uint8Array<ArrayBuffer> {
  const names = [...files.keys()].sort();
  const plain = joined(names.map((name) => files.get(name)!));
  const sum = createHash("sha256").update(plain).digest("hex");
  const packed = new Uint8Array(brotliCompressSync(plain));
  const loaded = addSegment(
    runtime,
    ({ offset, address, entry, addressOf }) => {
      const program = {
        sum,
        size: plain.length,
        files: names.map((name) => [name, files.get(name)!.length]),
        at: offset + SEGMENT,
        length: packed.length,
      };
      const first = `const PROGRAM = ${JSON.stringify(program)};\n${bootstrap}`;
      const module = `data:text/javascript;base64,${
        new TextEncoder().encode(first).toBase64()
      }`;
      const texts = [`dunlin-${sum.slice(0, 16)}`, "run", ...args, module];
      const segment = new Uint8Array(SEGMENT);
      segment.set(stub);
      const here = address + stub.length;
      const ways = [entry - here, addressOf("setenv") - here];
      const appendix = appendixOf(ways, texts);
      if (stub.length + appendix.length > SEGMENT) {
        throw new Error("stub and arguments have no room in their segment");
      }
      segment.set(appendix, stub.length);
      return segment;
    },
  );
  return joined([loaded, packed]);
}

/**
 * Returns what the stub reads behind its code: distances to addresses of the
 * runtime, the number of arguments, the name of this build, and the arguments.
 */
function appendixOf(
  distances: readonly number[],
  texts: readonly string[],
): Uint8Array<ArrayBuffer> {
  const words = BigInt64Array.from([...distances, texts.length - 1], BigInt);
  const ended = texts.map((text) => `${text}\0`).join("");
  return joined([
    new Uint8Array(words.buffer),
    new TextEncoder().encode(ended),
  ]);
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const result = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}
