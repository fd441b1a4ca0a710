import config from "../deno.json" with { type: "json" };

/** V8's flags, as in `deno task start`. */
export const V8_FLAGS = "--v8-flags=--max-semi-space-size=4";

/** The permissions of all that ships: no programs, libraries or downloads. */
export const PERMISSIONS: readonly string[] = [
  "--allow-net",
  "--allow-read",
  "--allow-write",
  "--allow-env",
  "--allow-sys",
  "--no-prompt",
];

/** Unstable parts of the runtime, as in `deno.json`. */
export const UNSTABLE: readonly string[] = config.unstable.map((name) =>
  `--unstable-${name}`
);

/**
 * Arguments of `deno run` before the program: nothing is sought or fetched.
 * Compiled code is not kept: that saves a twentieth of the CPU of later starts,
 * and the first one keeps 18 MiB more for as long as it runs.
 */
export const RUN_FLAGS: readonly string[] = [
  ...PERMISSIONS,
  ...UNSTABLE,
  "--no-check",
  "--no-config",
  "--no-lock",
  "--no-npm",
  "--no-remote",
  "--cached-only",
  "--no-code-cache",
  V8_FLAGS,
];
