import { dirname } from "node:path";
import {
  type FindPlace,
  type Problem,
  problemAt,
  type Settings,
} from "../config/mod.ts";

/** Returns what would keep a start from making the socket files of listeners. */
export async function socketProblems(
  { listener }: Settings,
  find: FindPlace,
): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const [index, { type, socket }] of listener.entries()) {
    if (type !== "unix") continue;
    const message = await problemOf(socket);
    if (message === null) continue;
    problems.push(problemAt(["listener", index, "socket"], message, find));
  }
  return problems;
}

async function problemOf(path: string): Promise<string | null> {
  const folder = dirname(path);
  const found = await Deno.stat(folder).catch((error) => error as Error);
  if (found instanceof Deno.errors.NotFound) {
    return `the folder ${folder} does not exist: mkdir -p ${folder}, or ` +
      "name a socket in another folder";
  }
  if (found instanceof Error) return `${folder}: ${found.message}`;
  if (!found.isDirectory) {
    return `${folder} is not a folder: name a socket in another one`;
  }
  const file = await Deno.lstat(path).catch(() => null);
  return file === null || file.isSocket
    ? null
    : `${path} exists and is not a socket: rm ${path}, or name another file`;
}
