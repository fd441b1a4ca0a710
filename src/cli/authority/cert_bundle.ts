import { join } from "node:path";
import { makePrivateFolder } from "../../files/mod.ts";
import type { Issued } from "../../security/mod.ts";
import { CommandError } from "../console/command_error.ts";
import { writeResult } from "../console/write_result.ts";
import type { AuthorityCall } from "./authority_options.ts";
import { bundleReadme } from "./cert_readme.ts";

/** Place for a certificate, its key and its chain. */
export interface BundlePlace {
  /** A folder, or a file that ends in `.zip`. */
  readonly path: string;
  readonly isZip: boolean;
  /** Name of its files, before the dot. */
  readonly stem: string;
}

/** A private key comes with some, renewed ones keep theirs. */
type Bundled = Issued & { readonly key: string | null };

interface BundleFile {
  readonly name: string;
  readonly content: string;
  readonly mode: number;
}

/**
 * Returns where the bundle for `name` goes: `--out`, else a folder of that name
 * here. `isRenewed`: then files may be there already. Rejects with
 * `CommandError` when something is there that must not be replaced.
 */
export async function checkBundle(
  { options }: AuthorityCall,
  name: string,
  isRenewed: boolean,
): Promise<BundlePlace> {
  const stem = stemOf(name);
  const path = options.out ?? stem;
  const isZip = /\.zip$/i.test(path);
  const hasNewKey = !isRenewed || options.newKey ||
    options.keyType !== undefined;
  const precious = isZip
    ? [path]
    : hasNewKey
    ? [join(path, `${stem}.key`), join(path, `${stem}.crt`)]
    : [];
  for (const file of precious) {
    if (!await isThere(file)) continue;
    throw new CommandError(
      `${file} exists: name another folder, or a file that ends in ` +
        ".zip, with --out",
    );
  }
  if (!isZip && await isFile(path)) {
    throw new CommandError(
      `${path} is a file: name a folder, or a file that ends in .zip, with --out`,
    );
  }
  return { path, isZip, stem };
}

/**
 * Writes key, certificate, authority's certificate and what to do with them.
 * Resolves to the paths; rejects with `CommandError`.
 */
export async function writeBundle(
  call: AuthorityCall,
  { path, isZip, stem }: BundlePlace,
  issued: Bundled,
): Promise<string[]> {
  const key = issued.key ??
    await keyThere(call, join(path, `${stem}.key`), issued.pem);
  const files = filesOf(call, stem, issued, key);
  if (isZip) {
    await writeResult(path, await zipped(files, call.clock.date()), 0o600);
    return [path];
  }
  try {
    await makePrivateFolder(path);
  } catch (error) {
    const reason = (error as Error).message;
    throw new CommandError(`${path} cannot be made: ${reason}`, error);
  }
  const written: string[] = [];
  for (const { name, content, mode } of files) {
    await writeResult(join(path, name), content, mode);
    written.push(join(path, name));
  }
  return written;
}

/**
 * Returns the key that goes with a renewed certificate, where it lies beside
 * it.
 */
async function keyThere(
  { library }: AuthorityCall,
  path: string,
  pem: string,
): Promise<string | null> {
  const key = await Deno.readTextFile(path).catch(() => null);
  return key !== null && await library.isPair(pem, key) ? key : null;
}

/** `key` is the one of this certificate, be it new or not; null if unknown. */
function filesOf(
  call: AuthorityCall,
  stem: string,
  issued: Bundled,
  key: string | null,
): BundleFile[] {
  const { pem, authorityPem, purpose } = issued;
  const readme = bundleReadme(call, stem, issued);
  const open = (name: string, content: string) => ({
    name,
    content,
    mode: 0o644,
  });
  const secret = (name: string, content: string) => ({
    name,
    content,
    mode: 0o600,
  });
  return [
    ...(issued.key === null ? [] : [secret(`${stem}.key`, issued.key)]),
    open(`${stem}.crt`, pem),
    open("ca.crt", authorityPem),
    ...(key === null || purpose === "server" ? [] : [
      secret("certificates.h", arduinoHeader(issued.authorityPem, pem, key)),
    ]),
    open("README.md", readme),
  ];
}

/** Loads the library, which only a zip needs. */
async function zipped(
  files: readonly BundleFile[],
  now: number,
): Promise<Uint8Array> {
  const { zipSync } = await import("fflate");
  const encoder = new TextEncoder();
  // Unix, with each file's permissions, as `unzip` restores them.
  return zipSync(Object.fromEntries(files.map(({ name, content, mode }) => [
    name,
    [encoder.encode(content), {
      os: 3,
      attrs: (0o100000 | mode) << 16,
      mtime: now,
    }],
  ])));
}

/** Returns what can be a file's name everywhere. */
function stemOf(name: string): string {
  const safe = name.replaceAll(/[^A-Za-z0-9._@-]/g, "_")
    .replace(/^[.-]+/, "");
  // The authority's own file is called so.
  const isTaken = safe === "" || safe.toLowerCase() === "ca";
  return isTaken ? `certificate_${safe}` : safe;
}

async function isThere(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}

async function isFile(path: string): Promise<boolean> {
  return await Deno.stat(path).then((found) => !found.isDirectory, () => false);
}

/**
 * Returns the three texts as a header for a sketch: PubSubClient's TLS client
 * takes strings. It holds the private key, so it is written like one.
 */
function arduinoHeader(
  authority: string,
  certificate: string,
  key: string,
): string {
  const text = (name: string, pem: string) =>
    `static const char ${name}[] PROGMEM = R"PEM(\n${pem.trim()}\n)PEM";\n`;
  return "// Holds a private key: keep it secret.\n#pragma once\n\n" +
    text("CA_CERT", authority) + text("CLIENT_CERT", certificate) +
    text("CLIENT_KEY", key);
}
