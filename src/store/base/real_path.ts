import { basename, dirname, join, resolve } from "node:path";

/**
 * The path of the store at `path` without symbolic links: two paths to one
 * store must lead to one lock, and to one set of files beside it. The store may
 * be missing, its folder has to exist.
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
