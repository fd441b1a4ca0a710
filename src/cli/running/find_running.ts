import { join } from "node:path";
import {
  foldersToRead,
  readEntry,
  type RunningBroker,
  socketBeside,
} from "./running_broker.ts";

const FINISHED = /^[\w-]+\.json$/;

/** As well those that a broker was writing. */
const UNFINISHED = /^[\w-]+\.json(\.tmp)?$/;

/** Bytes of the largest entry. */
const LARGEST = 1 << 20;

/** Entries read of a folder; more are not written by brokers. */
const MOST = 1000;

/**
 * Returns the brokers of this user that run now, by process id. Removes the
 * entries of killed brokers. Throws nothing and leaves out unreadable entries.
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

/** Removes the socket file of a killed broker, whose entry was at `path`. */
function removeSocket(path: string): void {
  try {
    Deno.removeSync(socketBeside(path));
  } catch {
    // Most have theirs beside their store.
  }
}

/** Returns the broker of the entry at `path`; null when it has ended. */
function look(path: string): RunningBroker | null {
  try {
    using file = Deno.openSync(path, { read: true });
    const { uid, size } = file.statSync();
    if (uid !== Deno.uid() || size > LARGEST) return null;
    // The broker holds its lock for as long as it lives, however it ends.
    if (file.tryLockSync(true)) {
      Deno.removeSync(path);
      removeSocket(path);
      return null;
    }
    return readEntry(Deno.readTextFileSync(path));
  } catch {
    return null;
  }
}
