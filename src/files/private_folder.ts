/**
 * Makes the folder `path`, and those above it, for this user alone (0700). One
 * that is there already stays as it is. Rejects with what the system says.
 */
export async function makePrivateFolder(path: string): Promise<void> {
  await Deno.mkdir(path, { recursive: true, mode: 0o700 });
}
