import { CertificateError } from "./certificate_error.ts";

/** Larger files are not what they should be (bytes). */
const LARGEST = 64 * 1024 * 1024;

/**
 * Returns the bytes of the file at `path`, `most` of them; rejects with
 * `CertificateError`.
 */
export async function readBytes(
  path: string,
  most: number = LARGEST,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const { size, isDirectory } = await Deno.stat(path);
    if (isDirectory) {
      throw new CertificateError(path, "is a folder: name a file in it");
    }
    if (size > most) {
      const mib = Math.floor(most / 1024 / 1024);
      throw new CertificateError(
        path,
        `is too large: ${size} bytes, at most ${mib} MiB are allowed`,
      );
    }
    return await Deno.readFile(path);
  } catch (error) {
    if (error instanceof CertificateError) throw error;
    throw new CertificateError(path, trouble(error), error);
  }
}

/** Returns the text of the file at `path`; rejects with `CertificateError`. */
export async function readText(path: string): Promise<string> {
  return new TextDecoder().decode(await readBytes(path));
}

function trouble(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) {
    return "does not exist: correct the path, or put the file there";
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return "cannot be read: give the user that runs dunlin the right to";
  }
  return `cannot be read: ${(error as Error).message}`;
}
