import { basename, dirname, join, resolve } from "node:path";

/**
 * Returns the path of the store at `path` without symbolic links: two paths to
 * one store must lead to one lock and one set of files. The store may be
 * missing; its folder must exist.
 */
export async function realStorePath(path: string): Promise<string> {
  try {
    return await Deno.realPath(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const target = await Deno.readLink(path).catch(() => null);
  if (target !== null) {
    return await realStorePath(resolve(dirname(path), target));
  }
  return join(await Deno.realPath(dirname(path)), basename(path));
}
