import { built } from "./built.ts";

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
};

/** A file of the page. */
export interface PageFile {
  /** Its Content-Type. */
  readonly type: string;
  /** Packed by gzip. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Its ETag, with quotation marks. */
  readonly tag: string;
}

const files = new Map<string, Promise<PageFile>>();

/** Returns the file `name`; null for one that the page does not have. */
export async function pageFile(name: string): Promise<PageFile | null> {
  if (!Object.hasOwn(built, name)) return null;
  let file = files.get(name);
  if (file === undefined) files.set(name, file = unpack(name));
  return await file;
}

async function unpack(name: string): Promise<PageFile> {
  const bytes = Uint8Array.fromBase64(built[name]);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const type = TYPES[name.slice(name.lastIndexOf(".") + 1)];
  return { type, bytes, tag: `"${hash.toHex().slice(0, 16)}"` };
}
