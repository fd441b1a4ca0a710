import { writePrivately } from "../../files/mod.ts";
import { CommandError } from "./command_error.ts";

/**
 * Writes what a command made to `path`, whole or not at all; `mode` as `chmod`
 * takes it. Rejects with `CommandError`.
 */
export async function writeResult(
  path: string,
  content: string | Uint8Array,
  mode = 0o644,
): Promise<void> {
  try {
    await writePrivately(path, content, mode);
  } catch (error) {
    const reason = error instanceof Deno.errors.NotFound
      ? "there is no such folder"
      : (error as Error).message;
    throw new CommandError(`${path} cannot be written: ${reason}`, error);
  }
}
