import { dirname } from "node:path";
import {
  type FindPlace,
  type Problem,
  problemAt,
  type Settings,
} from "../../config/mod.ts";

/** Returns why the log file cannot be written; null where it seems to be. */
export async function logFileProblem(
  { log: { file } }: Settings,
  find: FindPlace,
): Promise<Problem | null> {
  const message = file === "" ? null : await problemOf(file);
  return message === null ? null : problemAt(["log", "file"], message, find);
}

async function problemOf(path: string): Promise<string | null> {
  const there = await Deno.stat(path).catch(() => null);
  if (there?.isDirectory) return `${path} is a folder: name a file in it`;
  if (there !== null) return null;
  const folder = dirname(path);
  const found = await Deno.stat(folder).catch((error) => error as Error);
  if (found instanceof Deno.errors.NotFound) {
    return `the folder ${folder} does not exist: mkdir -p ${folder}; ` +
      "until then the broker drops all log lines";
  }
  if (found instanceof Error) return `${folder}: ${found.message}`;
  return found.isDirectory ? null : `${folder} is not a folder`;
}
