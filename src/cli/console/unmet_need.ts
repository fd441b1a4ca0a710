/** The oldest Deno that Dunlin runs on; the one it is tested on, in whole. */
const OLDEST = [2, 9] as const;
const TESTED = "2.9.6";

/** Facts about the runtime. */
export interface Runtime {
  /** `Deno.version.deno`. */
  readonly version: string;
  /** Returns whether the program may read all variables of the environment. */
  readonly readsEnvironment: () => boolean;
}

const real: Runtime = {
  version: Deno.version.deno,
  readsEnvironment: () =>
    Deno.permissions.querySync({ name: "env" }).state === "granted",
};

/**
 * Returns what Dunlin lacks to run at all, and how to start it; null when it
 * lacks nothing. Loads no module: that would need the permission to read.
 */
export function unmetNeed(runtime: Runtime = real): string | null {
  const [major, minor] = runtime.version.split(".").map(Number);
  if (major < OLDEST[0] || major === OLDEST[0] && minor < OLDEST[1]) {
    return `this is Deno ${runtime.version}, and Dunlin needs Deno ` +
      `${OLDEST.join(".")} or later\n  update it: deno upgrade\n` +
      `  or run: npx -y deno@${TESTED} run -A main.ts`;
  }
  // A query cannot tell a permission granted in part from none at all.
  return runtime.readsEnvironment()
    ? null
    : forbidden("it may not read the environment");
}

/** Returns the message for a permission that the runtime refuses; else null. */
export function notPermitted(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  const [, what] = /^Requires (.*), run again with/.exec(error.message) ?? [];
  return what === undefined ? null : forbidden(`it has no ${what}`);
}

function forbidden(what: string): string {
  return `Deno does not let Dunlin do its work: ${what}\n  Dunlin needs the ` +
    "network, files, the environment and facts about the system; start it " +
    "with -A: deno run -A main.ts";
}
