/** The flags of V8, as in `deno task start`. */
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

/** Unstable parts of the runtime, as in `deno.json`, which a bundle lacks. */
export const UNSTABLE: readonly string[] = [
  "--unstable-kv",
  "--unstable-lazy-dynamic-imports",
  "--unstable-net",
];

/**
 * Arguments of `deno run` before the program: nothing is sought or fetched.
 * Compiled code is not kept: a first start that compiles all of it takes more
 * memory, and later starts save a twentieth of their CPU.
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
