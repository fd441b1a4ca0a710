import { join } from "node:path";
import {
  foldersToRead,
  readEntry,
  type RunningBroker,
} from "./running_broker.ts";

const FINISHED = /^[\w-]+\.json$/;

/** As well those that a broker was writing. */
const UNFINISHED = /^[\w-]+\.json(\.tmp)?$/;

/** Bytes of the largest entry. */
const LARGEST = 1 << 20;

/** Entries looked at; more is something else. */
const MOST = 1000;

/**
 * The brokers of this user that run now, by process id. Removes the entries of
 * those that were killed. Throws nothing: what cannot be read is left out.
 */
export function findRunning(
  environment: Readonly<Record<string, string>>,
): RunningBroker[] {
  const found: RunningBroker[] = [];
  for (const folder of foldersToRead(environment)) {
    for (const path of entriesIn(folder, FINISHED)) {
      const broker = look(path);
      if (broker !== null) found.push(broker);
    }
  }
  return found.sort((a, b) => a.pid - b.pid);
}

/** Removes the entries in `folder` whose brokers were killed. */
export function sweep(folder: string): void {
  for (const path of entriesIn(folder, UNFINISHED)) look(path);
}

function entriesIn(folder: string, names: RegExp): string[] {
  const paths: string[] = [];
  try {
    for (const { name } of Deno.readDirSync(folder)) {
      if (names.test(name)) paths.push(join(folder, name));
      if (paths.length === MOST) break;
    }
  } catch {
    // Most users have no such folder.
  }
  return paths;
}

/** The broker of the entry at `path`; null when it does not run any more. */
function look(path: string): RunningBroker | null {
  try {
    using file = Deno.openSync(path, { read: true });
    const { uid, size } = file.statSync();
    if (uid !== Deno.uid() || size > LARGEST) return null;
    // The broker holds its lock for as long as it lives, however it ends.
    if (file.tryLockSync(true)) {
      Deno.removeSync(path);
      return null;
    }
    return readEntry(Deno.readTextFileSync(path));
  } catch {
    return null;
  }
}
