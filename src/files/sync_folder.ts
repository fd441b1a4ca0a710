/**
 * Waits until the names in `folder` are on disk. Not every file system can: a
 * folder may be writable and not readable, and network file systems refuse it.
 */
export async function syncFolder(folder: string): Promise<void> {
  if (Deno.build.os === "windows") return;
  try {
    using file = await Deno.open(folder, { read: true });
    await file.sync();
  } catch {
    return;
  }
}
