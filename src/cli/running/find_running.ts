import { join } from "node:path";
import {
  foldersToRead,
  readEntry,
  type RunningBroker,
} from "./running_broker.ts";

const FINISHED = /^[\w-]+\.json$/;

/** As well those that a broker was writing. */
const UNFINISHED = /^[\w-]+\.json(\.tmp)?$/;

/** Entries looked at; more is something else. */
const MOST = 1000;

/**
 * The brokers of this user that run now, by process id. Removes the entries of
 * those that were killed. Never rejects: what cannot be read is left out.
 */
export async function findRunning(
  environment: Readonly<Record<string, string>>,
): Promise<RunningBroker[]> {
  const found: RunningBroker[] = [];
  for (const folder of foldersToRead(environment)) {
    for (const path of await entriesIn(folder)) {
      const broker = await look(path);
      if (broker !== null) found.push(broker);
    }
  }
  return found.sort((a, b) => a.pid - b.pid);
}

/** Removes the entries in `folder` whose brokers were killed. */
export async function sweep(folder: string): Promise<void> {
  for (const path of await entriesIn(folder, UNFINISHED)) await look(path);
}

async function entriesIn(folder: string, names = FINISHED): Promise<string[]> {
  const paths: string[] = [];
  try {
    for await (const { name } of Deno.readDir(folder)) {
      if (names.test(name)) paths.push(join(folder, name));
      if (paths.length === MOST) break;
    }
  } catch {
    // Most users have no such folder.
  }
  return paths;
}

/** The broker of the entry at `path`; null when it does not run any more. */
async function look(path: string): Promise<RunningBroker | null> {
  try {
    using file = await Deno.open(path, { read: true });
    const { uid, size } = await file.stat();
    if (uid !== Deno.uid() || size > 1 << 20) return null;
    // The broker holds its lock for as long as it lives, however it ends.
    if (await file.tryLock(true)) {
      await Deno.remove(path);
      return null;
    }
    return readEntry(await new Response(file.readable).text());
  } catch {
    return null;
  }
}
