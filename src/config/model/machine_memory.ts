/** Folder of the control groups of Linux. */
const GROUPS = "/sys/fs/cgroup";

/** Reads a file of the system; throws where there is none. */
export type ReadSystemFile = (path: string) => string;

/**
 * Returns the bytes of memory that this process may use: the machine's, or the
 * limit of its control group (cgroup, version 2 or 1) or of a group above.
 */
export function machineMemory(
  total: number = Deno.systemMemoryInfo().total,
  read: ReadSystemFile = Deno.readTextFileSync,
): number {
  if (Deno.build.os !== "linux") return total;
  let least = total;
  const limits = limitFiles(read).map((file) => textOf(file, read));
  // An executable has it as a variable: without all permissions the runtime
  // denies /proc and /sys.
  limits.push(Deno.env.get("DUNLIN_MEMORY_MAX") ?? "");
  for (const text of limits) {
    // The word "max" and huge numbers mean that there is no limit.
    const limit = Number.parseInt(text);
    if (limit > 0 && limit < least) least = limit;
  }
  return least;
}

/** Returns the files that may hold a limit, of this group and those above. */
function limitFiles(read: ReadSystemFile): string[] {
  const files: string[] = [];
  for (const line of textOf("/proc/self/cgroup", read).split("\n")) {
    // A name in the path may have colons itself.
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (path === undefined) continue;
    const isFirst = controllers.split(",").includes("memory");
    if (controllers !== "" && !isFirst) continue;
    const [root, name] = isFirst
      ? [`${GROUPS}/memory`, "memory.limit_in_bytes"]
      : [GROUPS, "memory.max"];
    // In a container the path may be that of the machine: the root counts, too.
    for (let at = path; at !== "/" && at !== ""; at = parentOf(at)) {
      files.push(`${root}${at}/${name}`);
    }
    files.push(`${root}/${name}`);
  }
  return files;
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

/** Returns "" for a file that is not there. */
function textOf(path: string, read: ReadSystemFile): string {
  try {
    return read(path);
  } catch {
    return "";
  }
}
