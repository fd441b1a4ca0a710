/**
 * The bundle in `dist/bundle/`: the program as JavaScript in chunks, of which a
 * start reads those that it needs. `dist/bundle.files.json` beside it lists its
 * files, and the sources that they were made of.
 */

/** The facts that a bundle has about itself, in its `build.json`. */
export interface BuildRecord {
  readonly version: string;
  /** Of git, 40 digits, with "+changes" behind it where sources differ. */
  readonly commit: string;
  readonly kind: "bundle" | "executable";
}

/** Size in bytes and time of change in ms of each file, by its path. */
export type FileList = Readonly<Record<string, readonly [number, number]>>;

/** Returns where the list of the bundle in the folder `out` is. */
export function listOf(out: string): string {
  return `${out}.files.json`;
}

/**
 * Whether the bundle in the folder `out` is whole, and made of the sources under
 * `root` as they are now: no file has another size or time than in its list.
 * Takes some milliseconds, a hundredth of those for reading the sources.
 */
export function isFresh(out: string, root: string): boolean {
  try {
    const list: FileList = JSON.parse(
      Deno.readTextFileSync(listOf(out)),
    );
    for (const path in list) {
      const [size, time] = list[path];
      const now = Deno.statSync(`${root}/${path}`);
      if (now.size !== size || now.mtime?.getTime() !== time) return false;
    }
    return true;
  } catch {
    // No list, or a file less.
    return false;
  }
}
