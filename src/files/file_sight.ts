/**
 * Within this time of its writing a file may be written again without a visible
 * change of size and time (ms): clocks of file systems tick that slowly.
 */
const FRESH = 3_000;

/** Larger files are compared by size and time alone (bytes). */
const LARGEST = 16 * 1024 * 1024;

/** A file as it was seen at some time. */
export interface FileSight {
  /** Target of the path: identity, size and time of the file. */
  readonly outside: string;
  /** Hash of the content where it was just written; null once it has rested. */
  readonly content: string | null;
}

/**
 * Looks at the file at `path`, which need not be there. `now` in ms, by the
 * machine's date; `before` is the look before. Equal content gives `isSame`.
 */
export async function lookAt(
  path: string,
  now: number,
  before: FileSight | undefined,
): Promise<{ sight: FileSight; isSame: boolean }> {
  try {
    const real = await Deno.realPath(path);
    const { dev, ino, size, mtime } = await Deno.stat(real);
    const time = mtime?.getTime() ?? 0;
    const outside = [real, dev, ino, size, time].join("\0");
    const isAlike = before?.outside === outside;
    if (isAlike && before.content === null) {
      return { sight: before, isSame: true };
    }
    const isFresh = Math.abs(now - time) < FRESH && size <= LARGEST;
    const hash = isFresh || isAlike ? await hashOf(real) : null;
    return {
      sight: { outside, content: isFresh ? hash : null },
      isSame: isAlike && before.content === hash,
    };
  } catch (error) {
    const outside = (error as Error).name;
    const isSame = before?.outside === outside;
    return { sight: { outside, content: null }, isSame };
  }
}

/** Path and identity of a folder; null when it is not there. */
export async function folderAt(path: string): Promise<string | null> {
  try {
    const { dev, ino, birthtime } = await Deno.stat(path);
    // File systems give the number of what was removed to what comes next.
    return [path, dev, ino, birthtime?.getTime()].join("\0");
  } catch {
    return null;
  }
}

async function hashOf(path: string): Promise<string> {
  const bytes = await Deno.readFile(path);
  const hash = await crypto.subtle.digest("SHA-256", bytes);
  return new Uint8Array(hash).toHex();
}
