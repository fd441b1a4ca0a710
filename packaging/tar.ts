/** A file, folder or link in a tar archive. */
export interface TarEntry {
  /** Without the first slash; at most 255 bytes that `ustar` can split. */
  readonly path: string;
  /** Bytes of a file, or the target of a link; undefined makes a folder. */
  readonly content?: Uint8Array | { readonly link: string };
  /** @default {0o755} for folders, 0o644 for files */
  readonly mode?: number;
  /** User and group. @default {0} root */
  readonly owner?: number;
}

const BLOCK = 512;

/**
 * Returns a tar archive (POSIX ustar) of `entries`, in their order. All times
 * are 0: the same entries give the same bytes. Throws a `RangeError` for a path
 * that is too long.
 */
export function tarOf(entries: readonly TarEntry[]): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  for (const entry of entries) {
    const content = bytesOf(entry);
    parts.push(headerOf(entry, content.length), content);
    parts.push(new Uint8Array(-content.length & BLOCK - 1));
  }
  parts.push(new Uint8Array(2 * BLOCK));
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const archive = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    archive.set(part, at);
    at += part.length;
  }
  return archive;
}

function bytesOf({ content }: TarEntry): Uint8Array {
  return content instanceof Uint8Array ? content : new Uint8Array(0);
}

function headerOf(entry: TarEntry, size: number): Uint8Array {
  const { content, owner = 0 } = entry;
  const isFolder = content === undefined;
  const isLink = content !== undefined && "link" in content;
  const mode = entry.mode ?? (isFolder || isLink ? 0o755 : 0o644);
  const [prefix, name] = splitPath(entry.path + (isFolder ? "/" : ""));
  const header = new Uint8Array(BLOCK);
  const text = (at: number, value: string) =>
    header.set(new TextEncoder().encode(value), at);
  const octal = (at: number, length: number, value: number) =>
    text(at, value.toString(8).padStart(length - 1, "0"));
  text(0, name);
  octal(100, 8, mode);
  octal(108, 8, owner);
  octal(116, 8, owner);
  octal(124, 12, size);
  octal(136, 12, 0);
  text(148, " ".repeat(8));
  text(156, isFolder ? "5" : isLink ? "2" : "0");
  if (isLink) text(157, content.link);
  text(257, "ustar\x0000");
  text(345, prefix);
  octal(148, 7, header.reduce((sum, byte) => sum + byte, 0));
  return header;
}

/** Splits a path at a slash, into at most 155 and at most 100 bytes. */
function splitPath(path: string): [prefix: string, name: string] {
  if (path.length <= 100) return ["", path];
  const at = path.indexOf("/", path.length - 101);
  if (at < 0 || at > 155 || at === path.length - 1) {
    throw new RangeError(`the path ${path} is too long for a tar archive`);
  }
  return [path.slice(0, at), path.slice(at + 1)];
}
