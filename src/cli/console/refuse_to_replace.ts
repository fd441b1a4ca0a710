import { CommandError } from "./command_error.ts";

/**
 * Rejects with `CommandError` when there is a file at `path`, unless the user
 * asked with `--force` to replace it.
 */
export async function refuseToReplace(
  path: string,
  isForced = false,
): Promise<void> {
  if (isForced) return;
  // The write reports every other fault of the path.
  const isThere = await Deno.lstat(path).then(() => true, () => false);
  if (!isThere) return;
  throw new CommandError(
    `${path} exists: give another name, or --force to replace it`,
  );
}
